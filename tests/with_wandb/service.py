"""wandb 0.16's service, which is written in Python, with two faults mended.

It tells its port and listens afterwards, in a thread: who connects between the two is refused. And
it goes on for ever where the process that started it was killed in the middle of a run.
"""

import os
import runpy
import sys
import threading
import time

from wandb.sdk.service.server_sock import SocketServer

bind = SocketServer._bind


def bind_and_listen(server):
    bind(server)
    server._sock.listen()


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.1)
    os._exit(1)


if __name__ == "__main__":
    SocketServer._bind = bind_and_listen
    parent = int(sys.argv[sys.argv.index("--pid") + 1])
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    sys.argv[:3] = ["wandb"]
    runpy.run_module("wandb", run_name="__main__", alter_sys=True)
