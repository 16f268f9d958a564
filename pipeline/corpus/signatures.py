"""What a file is by its name or its first bytes: an archive, a web page, UTF-16, an image.

A file's name decides how it is read, and a file that is compressed is decompressed whatever its
name. What is no text is refused by what it is, before its bytes become tokens or a message about
one byte that is not UTF-8.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Set
from dataclasses import dataclass

from corpus2vec.pipeline.errors import DataError, UsageError

HEAD_BYTES = 512
"""Enough to know a file by; the mark of a tar archive is at byte 257."""
UTF_16_BYTES = 16
"""As many bytes of which every second one is NUL are UTF-16, and not text with NULs in it."""
NEVER_IN_TEXT = bytes(range(8))
"""A text may begin with the letters that begin some binary file; these bytes it does not have."""


@dataclass(frozen=True)
class Signature:
    """A kind of file that has no text to tokenize, or not as it is."""

    what: str
    heads: tuple[bytes, ...]
    hint: str
    at: int = 0
    is_binary: bool = False
    """Whether it is known by letters, which a text may have too, and by the bytes after them."""

    def fits(self, head: bytes) -> bool:
        """Return whether a file that begins with these bytes is of this kind."""
        is_text = self.is_binary and not any(each in NEVER_IN_TEXT for each in head)
        return head[self.at :].startswith(self.heads) and not is_text


IMAGE = "leave it out (--exclude), or read its text first, such as with tesseract"
PAGES = "extract its text first, such as with pdftotext, or leave it out (--exclude)"
LEAVE_OUT = "leave it out (--exclude)"
ARCHIVE = "unpack it, and name the folder"

SIGNATURES = (
    Signature("a PDF document", (b"%PDF-",), PAGES),
    Signature("a PNG image", (b"\x89PNG\r\n\x1a\n",), IMAGE),
    Signature("a JPEG image", (b"\xff\xd8\xff",), IMAGE),
    Signature("a GIF image", (b"GIF87a", b"GIF89a"), IMAGE, is_binary=True),
    Signature("a WebP image, or a sound", (b"RIFF",), LEAVE_OUT, is_binary=True),
    Signature("a sound", (b"ID3", b"OggS", b"fLaC"), LEAVE_OUT, is_binary=True),
    Signature("a TIFF image", (b"II*\0", b"MM\0*"), IMAGE),
    Signature(
        "a ZIP archive, as .docx, .xlsx, .odt and .epub are too",
        (b"PK\x03\x04", b"PK\x05\x06"),
        "unpack it, or extract its text first, such as with pandoc -t plain",
    ),
    Signature("a tar archive", (b"ustar\0", b"ustar  \0"), ARCHIVE, at=257),
    Signature("a 7-Zip archive", (b"7z\xbc\xaf\x27\x1c",), ARCHIVE),
    Signature("a RAR archive", (b"Rar!\x1a\x07",), ARCHIVE),
    Signature("an SQLite database", (b"SQLite format 3\0",), "export its table as CSV"),
    Signature(
        "an old Office document",
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
        "save it as text first, such as with soffice --convert-to txt",
    ),
    Signature(
        "an RTF document", (b"{\\rtf",), "extract its text first, such as with pandoc -t plain"
    ),
    Signature("Parquet", (b"PAR1",), "read it with --kind parquet", is_binary=True),
    Signature("an Arrow file", (b"ARROW1\0\0",), "save it as Parquet"),
    Signature("UTF-32", (b"\xff\xfe\0\0", b"\0\0\xfe\xff"), "convert it: iconv -f UTF-32 -t UTF-8"),
)

ARCHIVES = (".tar", ".tgz", ".tbz2", ".txz", ".zip", ".7z", ".rar")
AS_IT_IS = "; or read it as it is, with --kind text"
WEB_PAGE = ("a web page", "extract its text first, such as with trafilatura" + AS_IT_IS)
MARKUP = {
    ".html": WEB_PAGE,
    ".htm": WEB_PAGE,
    ".xhtml": WEB_PAGE,
    ".warc": ("an archive of web pages", "extract their text first, such as with trafilatura"),
    ".xml": (
        "XML",
        "extract its text first (of a Wikipedia dump: with wikiextractor --json)" + AS_IT_IS,
    ),
}
"""What has its text among marks, and which tool takes it out."""


def refuse_by_name(name: str, suffixes: Set[str]) -> None:
    """Raise UsageError, with what it is, for a file whose extensions say that it is no text.

    >>> refuse_by_name("a.txt", {".txt"})
    >>> refuse_by_name("a.tar.gz", {".tar", ".gz"})
    Traceback (most recent call last):
    corpus2vec.pipeline.errors.UsageError: a.tar.gz is an archive of several files
    """
    for suffix in MARKUP.keys() & suffixes:
        what, hint = MARKUP[suffix]
        raise UsageError(f"{name} is {what}", hint=hint)
    if suffixes & set(ARCHIVES):
        raise UsageError(f"{name} is an archive of several files", hint=ARCHIVE)
    if ".json" in suffixes:
        raise UsageError(
            f"{name}: .json may be many things",
            hint="if it has one JSON object a line, use --kind jsonl",
        )


def refuse_no_text(head: bytes, title: str) -> None:
    """Raise DataError, with what it is, for what begins with these bytes and is no text.

    >>> refuse_no_text(b"Hope to see you", "a.txt")
    >>> refuse_no_text(b"%PDF-1.7", "a.txt")
    Traceback (most recent call last):
    corpus2vec.pipeline.errors.DataError: a.txt is a PDF document, and no text in UTF-8
    """
    for each in SIGNATURES:
        if each.fits(head):
            raise DataError(f"{title} is {each.what}, and no text in UTF-8", hint=each.hint)
    if name := _utf_16(head):
        raise DataError(
            f"{title} is UTF-16, and no text in UTF-8",
            hint=f"convert it: iconv -f {name} -t UTF-8",
        )


def _utf_16(head: bytes) -> str:
    """Return iconv's name of the UTF-16 that begins with these bytes, or ""."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) and len(head) > 2 and not len(head) % 2:
        with contextlib.suppress(UnicodeDecodeError):
            codecs.getincrementaldecoder("utf-16")().decode(head)
            return "UTF-16"
    for name, zeros, others in (("LE", head[1::2], head[::2]), ("BE", head[::2], head[1::2])):
        if len(head) >= UTF_16_BYTES and not zeros.strip(b"\0") and b"\0" not in others:
            return f"UTF-16{name}"
    return ""
