"""Nasty gold files, config files, metrics, lists of tokens to keep, and corpora."""

import csv
import gzip

import pyarrow as pa

from tests.nasty.spoiling import DEEP, HALF, NESTED_LISTS, NESTED_OBJECTS, NO_UTF8, parquet

PAIR = "Hope\tto\t5\n"
LONG_FIELD = "x" * (csv.field_size_limit() + 1)
GOLD = {
    "empty": b"",
    "comments alone": "# Hope to see\n" * 9,
    "one word": "Hope\n",
    "bytes": bytes(range(256)),
    "not utf-8": PAIR.encode() * 30 + b"to\tsee\xff\t1\n",
    "not utf-8 far in": PAIR.encode() * 20_000 + b"to\tsee\xff\t1\n",
    "utf-16": PAIR.encode("utf-16"),
    "a score less": PAIR * 30 + "to\tsee\n",
    "a word for a score": PAIR * 30 + "to\tsee\tmuch\n",
    "infinite score": PAIR * 30 + "to\tsee\tinf\n",
    "score not a number": PAIR * 30 + "to\tsee\tnan\n",
    "score too large": PAIR * 30 + "to\tsee\t1e999\n",
    "score of ten thousand digits": PAIR * 30 + f"to\tsee\t{'9' * 10_000}\n",
    "field too long for csv": "Hope,to,5\n" * 30 + f"{LONG_FIELD},to,5\n",
    "quote that never ends": "Hope,to,5\n" * 30 + '"to,see,5\n',
    "nul bytes": "Hope,to,5\n" * 30 + "to\0,see\n",
    "three words for four": ": one\n" + "Hope to see you\n" * 30 + "Hope to see\n",
    "sections alone": ": one\n: two\n",
}
"""Files that are no gold; what is recognized as none is taken for a table, which it is not."""
PACKED = {
    "gzip cut off": gzip.compress(PAIR.encode() * 30)[:-9],
    "gzip that is none": PAIR.encode() * 30,
    "gzip with bytes behind": gzip.compress(PAIR.encode() * 30) + b"more",
}

METRICS = {
    "nested": NESTED_LISTS + b"\n",
    "nested objects": NESTED_OBJECTS + b"\n",
    "not json": b"{\n",
    "a list": b"[]\n",
    "a number": b"7\n",
    "not utf-8": b'{"step": "\xff"}\n',
    "step that is text": b'{"step": "one", "loss": 1}\n',
    "step infinite": b'{"step": 1e999, "loss": 1}\n',
    "step negative": b'{"step": -1, "loss": 1}\n',
    "step huge": b'{"step": 1' + b"0" * 400 + b', "loss": 1}\n',
    "step of ten thousand digits": b'{"step": ' + b"9" * 10_000 + b"}\n",
    "step a fraction": b'{"step": 1.5, "loss": 1}\n',
    "step a list": b'{"step": [1], "loss": 1}\n',
    "loss that is text": b'{"step": 1, "loss": "low"}\n',
    "loss that is a list": b'{"step": 1, "loss": [1]}\n',
    "loss huge": b'{"step": 1, "loss": 1' + b"0" * 400 + b"}\n",
    "loss infinite": b'{"step": 1, "loss": 1e999}\n',
    "loss not a number": b'{"step": 1, "loss": NaN}\n',
    "rate that is text": b'{"step": 1, "loss": 1, "lr": "fast"}\n',
    "score that is text": b'{"step": 1, "epoch": 1, "train_loss": "low"}\n',
    "score that is a list": b'{"step": 1, "epoch": 1, "train_loss": 1, "valid_loss": []}\n',
    "epoch that is text": b'{"step": 1, "epoch": "one", "train_loss": 1}\n',
    "epoch that is an object": b'{"step": 1, "epoch": {}, "train_loss": 1}\n',
    "another score that is an object": b'{"step": 1, "epoch": 1, "train_loss": 1, "x": {}}\n',
}

KEEP = {
    "not utf-8": b"Hope\n\xff\n",
    "utf-16": "Hope\n".encode("utf-16"),
    "half a surrogate": b"Hope\n\xed\xa0\x80\n",
}

CORPORA = {
    "empty.txt": b"",
    "not utf-8.txt": b"Hope \xff\n",
    "half a surrogate.txt": b"Hope \xed\xa0\x80\n",
    "white space.txt": b" \n\t\n\x0b\n",
    "empty.jsonl": b"",
    "nested.jsonl": NESTED_LISTS,
    "nested in a field.jsonl": b'{"text": ' + NESTED_OBJECTS + b"}\n",
    "half a surrogate.jsonl": f'{{"text": "{HALF}"}}\n'.encode(),
    "long number.jsonl": b'{"text": "a", "n": ' + b"9" * 10_000 + b"}\n",
    "a list.jsonl": b"[]\n",
    "text that is a number.jsonl": b'{"text": 1e999}\n',
    "no text.jsonl": b'{"texts": "a"}\n',
    "quote that never ends.csv": b'text\n"Hope\n',
    "no header.csv": b"Hope\n",
    "not utf-8.csv": b"text\nHo\xffpe\n",
    "empty.parquet": b"",
    "cut off.parquet": parquet(text=["a"])[:-5],
    "not utf-8.parquet": parquet(text=NO_UTF8),
    "column of lists.parquet": parquet(text=[["a"]]),
    "no column.parquet": parquet(texts=["a"]),
    "not gzip.txt.gz": b"Hope\n",
    "cut off.txt.gz": gzip.compress(b"Hope\n" * 99)[:-9],
    "not zstd.txt.zst": b"Hope\n",
    "not xz.txt.xz": b"Hope\n",
    "not bzip2.txt.bz2": b"Hope\n",
}
LABELS = {
    "nested.jsonl": b'{"text": "a", "label": ' + NESTED_LISTS + b"}\n",
    "half a surrogate.jsonl": f'{{"text": "a", "label": "{HALF}"}}\n'.encode(),
    "an object.jsonl": b'{"text": "a", "label": {"b": 1}}\n',
    "null.jsonl": b'{"text": "a", "label": null}\n',
    "not utf-8.parquet": parquet(text=["a", "b"], label=NO_UTF8),
    "lists.parquet": parquet(text=["a"], label=[["b"]]),
    "null.parquet": parquet(text=["a"], label=pa.array([None], pa.string())),
}

TOML = {
    "not toml": b"min-count 2",
    "not utf-8": b"[vocab]\nunk = '\xff'\n",
    "utf-16": "[vocab]\n".encode("utf-16"),
    "nul bytes": b"[vocab]\nunk = '\0'\n",
    "half a surrogate": b'[vocab]\nunk = "\\ud800"\n',
    "nested lists": b"vocab = " + NESTED_LISTS,
    "nested tables": b"vocab = " + b"{a=" * DEEP + b"1" + b"}" * DEEP,
    "nested keys": b".".join([b"vocab"] * 5000) + b" = 1",
    "nested in a setting": b"[vocab]\nmin-count = " + NESTED_LISTS,
    "section that is a number": b"vocab = 1\n",
    "section that is a list": b"[[vocab]]\nmin-count = 1\n",
    "no such section": b"[vocabulary]\nmin-count = 1\n",
    "no such setting": b"[vocab]\nleast-count = 1\n",
    "setting twice": b"[vocab]\nmin-count = 1\nmin_count = 2\n[vocab]\n",
    "text for a number": b"[vocab]\nmin-count = 'two'\n",
    "fraction for a number": b"[vocab]\nmin-count = 1.5\n",
    "truth for a number": b"[vocab]\nmin-count = [true]\n",
    "infinite number": b"[vocab]\nmin-count = inf\n",
    "not a number": b"[vocab]\nmin-count = nan\n",
    "negative number": b"[vocab]\nmin-count = -1\n",
    "number beyond int64": b"[vocab]\nmin-count = 99999999999999999999999\nmax-size = -1\n",
    "number of ten thousand digits": b"[vocab]\nmin-count = " + b"9" * 10_000 + b"\n",
    "date for a number": b"[vocab]\nmin-count = 2020-01-01\n",
    "table for a number": b"[vocab]\nmin-count = {a = 1}\n",
    "table for a text": b"[tokenize]\nlang = {a = 1}\n",
    "list for a number": b"[vocab]\nmin-count = [1, 2]\n",
    "list for a truth": b"[tokenize]\nlower = [1, 2]\n",
    "table for a truth": b"[tokenize]\nlower = {a = 1}\n",
    "infinity for a truth": b"[tokenize]\nlower = inf\n",
    "text for a truth": b"[tokenize]\nlower = 'perhaps'\n",
    "list of lists for names": b"[tokenize]\ndrop = [[1], {a = 1}]\n",
    "text for a choice": b"[tokenize]\ndoc-per = 'word'\n",
    "number for a choice": b"[tokenize]\ndoc-per = 1\n",
    "list for a choice": b"[tokenize]\ndoc-per = ['line', 'file']\n",
    "table for a choice": b"[tokenize]\ndoc-per = {a = 1}\n",
    "list for a path": b"[vocab]\nkeep = ['a', 'b']\n",
    "table for a path": b"[vocab]\nkeep = {a = 1}\n",
    "path with a nul byte": b'[vocab]\nkeep = "a\\u0000b"\n',
    "path that is long": b'[vocab]\nkeep = "' + b"a" * 10_000 + b'"\n',
    "language with a nul byte": b'[tokenize]\nlang = "a\\u0000b"\n',
    "language that is a path": b'[tokenize]\nlang = "../../x"\n',
    "model with a nul byte": b'[tokenize]\nmodel = "a\\u0000b"\n',
    "model that is long": b'[tokenize]\nmodel = "' + b"a" * 10_000 + b'"\n',
    "memory of text": b"[vocab]\nmemory = 'much'\n",
    "memory of infinity": b"[vocab]\nmemory = inf\n",
    "memory of many digits": b"[vocab]\nmemory = '" + b"9" * 400 + b"'\n",
}

BLIND_TO_TOML = {
    "language with a nul byte": ("plan",),
    "language that is a path": ("plan",),
}
