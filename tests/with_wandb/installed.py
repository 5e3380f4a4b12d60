"""A pytest plugin that installs before anything is collected, for wandb's own tests.

In a checkout of wandb at the version that is installed, with what its tests need:

    export WANDB_MODE=offline PYTHONPATH=HERE/tests/with_wandb:HERE
    python -m pytest -p installed tests/unit_tests/test_data_types.py -k "image or mask or box"

Those of 0.20.1 to 0.28.2 that assert how these versions convert values (test_image_normalize) are
to fail: after install() the rule is that of wandb up to 0.19.11.
"""

import wbimage_ext

wbimage_ext.install()
