"""Build a text corpus from Debian's documentation, for benchmarks: a paragraph a line, each once.

    python benchmarks/corpora.py english|german OUT.txt [--debs FOLDER]

Fetches the packages below with `apt-get download` into FOLDER, unless they are there, and takes the
text of their HTML, text and manual pages. The same versions of the packages give the same bytes.
The texts keep their own licences: use the output, never commit it.
"""

from __future__ import annotations

import argparse
import gzip
import html
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

ENGLISH = (
    *("debian-handbook", "gimp-help-en", "linux-doc-6.1", "libreoffice-help-en-gb"),
    *("python3.11-doc", "postgresql-doc-15", "perl-doc", "git-doc", "vim-doc"),
    *("debian-reference-en", "bible-kjv-text", "dict-foldoc", "jargon-text"),
)
GERMAN = (
    *("gimp-help-de", "libreoffice-help-de", "manpages-de", "debian-reference-de"),
    *("debian-handbook", "installation-guide-amd64", "fortunes-de", "dict-freedict-deu-eng"),
)
PAGES = {
    "english": re.compile(r"\.(html?|txt|rst|gz|dz|pod|jargon)$"),
    "german": re.compile(r"\.(html?|txt|gz)$"),
}
OWN = {"english": "en-US", "german": "de-DE"}


def main() -> None:
    """Write the corpus that the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("language", choices=["english", "german"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--debs", type=Path, help="keep the packages here, and use them again")
    options = parser.parse_args()
    packages = ENGLISH if options.language == "english" else GERMAN
    with tempfile.TemporaryDirectory() as scratch:
        debs, root = options.debs or Path(scratch, "debs"), Path(scratch, "root")
        debs.mkdir(parents=True, exist_ok=True)
        lacking = [each for each in packages if not list(debs.glob(f"{each}_*.deb"))]
        if lacking:
            subprocess.run(["apt-get", "download", "-qq", *lacking], cwd=debs, check=True)
        for package in packages:
            deb = next(debs.glob(f"{package}_*.deb"))
            subprocess.run(["dpkg", "-x", str(deb), str(root)], check=True)
        seen: set[str] = set()
        with options.out.open("w", encoding="utf-8", newline="\n") as file:
            for page in sorted(root.rglob("*")):
                if wanted(page, root, options.language):
                    for paragraph in paragraphs(page):
                        if paragraph not in seen:
                            seen.add(paragraph)
                            file.write(paragraph + "\n")


def wanted(page: Path, root: Path, language: str) -> bool:
    """Return whether this is a page of prose in the language."""
    name = str(page.relative_to(root))
    if page.is_symlink() or not page.is_file() or not PAGES[language].search(page.name):
        return False
    if re.search(r"changelog|copyright|NEWS|/genindex|/_sources/|searchindex|/examples/", name):
        return False
    folder = re.search(r"/([a-z]{2}-[A-Z]{2}|translations)/", name)
    return not folder or folder[1] == OWN[language]


def paragraphs(page: Path) -> Iterator[str]:
    """Yield the paragraphs of a page, without its markup."""
    opened = gzip.open if page.suffix in (".gz", ".dz") else open
    with opened(page, "rt", encoding="utf-8", errors="replace") as file:
        text = file.read()
    if re.search(r"<html", text[:2000], re.IGNORECASE):
        text = re.sub(r"(?is)<(script|style|pre)\b.*?</\1>|<head\b.*?</head>", "\n\n", text)
        text = re.sub(r"(?i)</?(p|div|li|td|dt|dd|h\d|tr|br)\b[^>]*>", "\n\n", text)
        text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    elif "/man/" in str(page):
        text = re.sub(r"(?m)^[.'](?![BIR]+ ).*$|^\.[BIR]+ |\\f.|\\&|\\", "", text)
    for paragraph in re.split(r"\n\s*\n", text):
        words = paragraph.split()
        letters = sum(map(str.isalpha, paragraph))
        if len(words) >= 8 and 10 * letters >= 6 * len(paragraph):
            yield " ".join(words)


if __name__ == "__main__":
    main()
