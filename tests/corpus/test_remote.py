"""Corpora in object stores: an S3-compatible server on loopback, and fsspec's store in memory."""

import gzip
import io
import itertools
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.finding import find_sources
from corpus2vec.pipeline.corpus.remote import find_remote
from corpus2vec.pipeline.errors import DataError, StorageError, UsageError
from corpus2vec.pipeline.stages import tokenize

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
NUMBERS = itertools.count(1)
HOPE, NICE = "Hope to see you soon\n", "Nice to see you again\n"


@pytest.fixture(scope="module")
def store():
    """A client of an empty store; corpus2vec finds it through the environment."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*server.get_host_and_port()))
        yield boto3.client("s3")
    server.stop()


@pytest.fixture
def bucket(store):
    """Put files into a bucket of the test's own: `bucket({key: content})` returns its URI."""
    name = f"bucket-{next(NUMBERS)}"
    store.create_bucket(Bucket=name)

    def put(files):
        for key, content in files.items():
            body = content.encode() if isinstance(content, str) else content
            store.put_object(Bucket=name, Key=key, Body=body)
        return f"s3://{name}"

    return put


def parquet(*texts):
    file = io.BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), file)
    return file.getvalue()


def documents(tokens):
    return pq.read_table(tokens)["tokens"].to_pylist()


def test_the_tokens_are_those_of_the_same_files_on_a_disk(bucket, tmp_path):
    files = {
        "a.txt": HOPE.encode(),
        "b/more words.txt.gz": gzip.compress(NICE.encode()),
        "c.parquet": parquet("one two", "three"),
    }
    uri = bucket({f"corpus/{name}": content for name, content in files.items()})
    for name, content in files.items():
        (tmp_path / "corpus" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "corpus" / name).write_bytes(content)
    remote, local = tmp_path / "remote.parquet", tmp_path / "local.parquet"
    counts = tokenize.run([f"{uri}/corpus"], remote, TokenizeConfig()).counts
    assert counts == tokenize.run([str(tmp_path / "corpus")], local, TokenizeConfig()).counts
    assert remote.read_bytes() == local.read_bytes()


def test_a_file_is_downloaded_once_and_again_when_it_changed(bucket, tmp_path, monkeypatch):
    uri, tokens = bucket({"a.txt": HOPE}) + "/a.txt", tmp_path / "tokens.parquet"
    first = tokenize.run([uri], tokens, TokenizeConfig())
    assert not first.hit
    with monkeypatch.context() as patch:
        patch.setattr("corpus2vec.pipeline.corpus.remote.RemoteFile.open", None)
        assert tokenize.run([uri], tokens, TokenizeConfig()).hit
    bucket({"a.txt": NICE})
    again = tokenize.run([uri], tokens, TokenizeConfig())
    assert (again.hit, again.reason) == (False, f"corpus {uri} changed")
    assert documents(tokens) == [NICE.split()]


def test_a_file_put_there_again_is_no_other(bucket, tmp_path):
    uri, tokens = bucket({"a.txt": HOPE}), tmp_path / "tokens.parquet"
    tokenize.run([uri], tokens, TokenizeConfig())
    bucket({"a.txt": HOPE})
    assert tokenize.run([uri], tokens, TokenizeConfig()).hit


def test_a_glob_finds_what_it_finds_on_a_disk(bucket):
    names = ["a.txt", "b/c.txt", "b/d/e.txt", "b/d.csv", ".hidden.txt", "b/.git/f.txt"]
    uri = bucket(dict.fromkeys(names, HOPE))

    def found(pattern):
        return [each.name.removeprefix(uri + "/") for each in find_remote(f"{uri}/{pattern}")]

    assert found("") == ["a.txt", "b/c.txt", "b/d/e.txt", "b/d.csv"]
    assert found("*.txt") == ["a.txt"]
    assert found("**/*.txt") == ["a.txt", "b/c.txt", "b/d/e.txt"]
    assert found("b/[cd]*") == ["b/c.txt", "b/d/e.txt", "b/d.csv"]


def test_what_is_not_there_is_named(bucket):
    uri = bucket({"a.txt": HOPE})
    for missing in (f"{uri}/b", "s3://no-such-bucket/b"):
        with pytest.raises(UsageError, match=f"there is no corpus {missing}"):
            find_remote(missing)
    with pytest.raises(DataError, match="there is no file in"):
        find_remote(f"{uri}/*.csv")


def test_a_password_is_not_taken_from_a_uri():
    with pytest.raises(UsageError, match="a URI with a password"):
        find_remote("s3://key:secret@bucket/a.txt")


def test_a_store_that_nothing_can_read_is_named():
    with pytest.raises(UsageError, match="xyz:// cannot be read"):
        find_remote("xyz://bucket/a.txt")


def test_a_file_that_changes_while_it_is_read_is_refused(bucket, tmp_path):
    [file] = find_remote(bucket({"a.txt": HOPE}) + "/a.txt")

    def read():
        with file.open() as stream:
            stream.read(5)
            bucket({"a.txt": NICE})

    with pytest.raises(DataError, match="changed during the run"):
        read()


def test_a_store_without_versions_is_read_again_each_time(tmp_path):
    """Content of the same size is noticed. This store is one of fsspec's, not of Arrow's."""
    store, tokens = fsspec.filesystem("memory"), tmp_path / "tokens.parquet"
    try:
        for text in ("one two", "two one"):
            store.pipe("/books/a.txt", text.encode())
            outcome = tokenize.run(["memory://books"], tokens, TokenizeConfig())
            assert documents(tokens) == [text.split()]
        assert outcome.reason == "memory://books/a.txt is read again"
    finally:
        store.rm("/books", recursive=True)


class Breaking(BaseHTTPRequestHandler):
    """A store of one file of 1,000 bytes, which it never gives to the end."""

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "1000")
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(HOPE.encode())

    def log_message(self, *_):
        pass


def test_a_connection_that_breaks_leaves_nothing(tmp_path, monkeypatch):
    server = HTTPServer(("127.0.0.1", 0), Breaking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    try:
        with pytest.raises(StorageError, match=r"cannot read s3://bucket/a\.txt"):
            tokenize.run(["s3://bucket/a.txt"], tmp_path / "tokens.parquet", TokenizeConfig())
    finally:
        server.shutdown()
        server.server_close()
    assert list(tmp_path.iterdir()) == []


def test_include_and_exclude_choose_files_as_on_a_disk(bucket):
    uri = bucket({"a.txt": HOPE, "drafts/b.txt": HOPE, "c.md": HOPE})
    config = TokenizeConfig(include=("*.txt",), exclude=("drafts",))
    assert [each.name for each in find_sources([uri], config)] == [f"{uri}/a.txt"]
