#!/bin/sh
# What wandb 0.16 takes for a Python and starts its service with: see service.py.
exec "$WBIMAGE_TESTED_PYTHON" "${0%/*}/service.py" "$@"
