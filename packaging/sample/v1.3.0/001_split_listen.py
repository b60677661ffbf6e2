"""Splits the key "listen" of the configuration into "host" and "port"."""

import json
import os

CONFIG = os.environ.get("DPKG_ROOT", "") + "/etc/sample/config.json"


def load():
    with open(CONFIG, encoding="utf-8") as file:
        return json.load(file)


def check():
    return "listen" not in load()


def migrate():
    config = load()
    host, port = config.pop("listen").rsplit(":", 1)
    if not port.isdigit():
        print(f'{CONFIG}: "listen" has the port "{port}": give it as a number, as in "localhost:80"')
        return False
    config.update(host=host, port=int(port))

    with open(CONFIG + ".new", "w", encoding="utf-8") as file:
        json.dump(config, file, indent=4)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(CONFIG + ".new", CONFIG)
    return True
