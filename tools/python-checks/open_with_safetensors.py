"""Opens a .safetensors file with Hugging Face's package and prints what it holds as JSON.

    python open_with_safetensors.py flow.safetensors
"""

import json
import sys
import warnings

warnings.simplefilter("error")

from safetensors import safe_open  # noqa: E402


def main():
    with safe_open(sys.argv[1], framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        summary = {
            "metadata": file.metadata(),
            "tensors": {name: {"dtype": str(value.dtype), "shape": list(value.shape)} for name, value in tensors.items()},
        }
    json.dump(summary, sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
