"""Gives each address of "listen" in the configuration a file of its own."""

import json
import os

CONFIG = os.environ.get("DPKG_ROOT", "") + "/etc/sample/config.json"
DIRECTORY = os.environ.get("DPKG_ROOT", "") + "/etc/sample/listen.d"


def load():
    with open(CONFIG, encoding="utf-8") as file:
        return json.load(file)


def save(path, content):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=4)
        file.write("\n")


def check():
    return "listen" not in load()


def migrate():
    config = load()
    os.mkdir(DIRECTORY)
    for number, address in enumerate(config.pop("listen"), start=1):
        host, port = address.rsplit(":", 1)
        if not port.isdigit():
            print(f'{CONFIG}: "listen" has the port "{port}": give it as a number, as in "localhost:80"')
            return False
        save(f"{DIRECTORY}/{number}.json", {"host": host, "port": int(port)})
        print(f"wrote {DIRECTORY}/{number}.json")
    save(CONFIG, config)
    return True
