"""``make docs``: write what the code says into docs/."""

import sys

from docs.generator.pages import written

if __name__ == "__main__":
    for page, text in written().items():
        page.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{page.name}\n")
