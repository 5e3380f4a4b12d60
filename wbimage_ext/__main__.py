"""`python -m wbimage_ext` is the command `wbimage`: see commands/."""

import sys

from .commands import main

sys.exit(main())
