"""`python -m wbimage_ext`: see cli.py."""

import sys

from .cli import main

sys.exit(main())
