# SPDX-License-Identifier: LGPL-2.1-or-later
#
# zsh offered-by.zsh DIRECTORY DUMP LINE: what zsh itself, on a terminal, with its completion system and the completions of DIRECTORY, lists at the
# end of this line; one on a line. DUMP is where the system keeps what it knows.
zmodload zsh/zpty zsh/datetime
end=$((EPOCHSECONDS + 30)) text=

await() {
        until eval $1; do
                ((EPOCHSECONDS < end)) || exit 1
                zpty -r -t terminal chunk && text+=$chunk || sleep 0.02
        done
}

# A shell that reads more than it was sent would list nothing, so the end isn't marked: it tells beforehand how many there are.
is_listed() {
        words=(${=${text#*>}//$'\r'/})
        (($#words >= matches))
}

zpty terminal "TERM=dumb zsh -f -i"
zpty -w terminal "PS1=; unsetopt prompt_sp; stty cols 500 rows 100; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -C -d ${(q)2}
tell() { comppostfuncs=(tell); print -n \"<\$compstate[nmatches]>\" }; comppostfuncs=(tell); bindkey '^X' list-choices; print READY\$((1 + 1))"
await '[[ $text == *READY2* ]]'
text=
zpty -n -w terminal "$3"$'\x18'
await '[[ $text == *"<"<->">"* ]]'
matches=${${text#*"<"}%%">"*}
await is_listed
print -l -- $words[1,matches]
