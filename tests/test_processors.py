"""Processors are counted by affinity, by the machine, and by the quota of every cgroup above."""

import os

import pytest

from corpus2vec.pipeline.processors import available


@pytest.fixture(autouse=True)
def _sixteen_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


def system(root, cgroup, **files):
    """A system's /proc and /sys, of which `files` are below /sys/fs/cgroup."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(cgroup)
    for name, content in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_processors_are_those_that_the_process_may_run_on(tmp_path):
    assert available(tmp_path) == 16


@pytest.mark.parametrize(("machine", "expected"), [(8, 8), (None, 1)])
def test_without_affinity_processors_are_those_of_the_machine(
    machine, expected, tmp_path, monkeypatch
):
    """As on macOS."""
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: machine)
    assert available(tmp_path) == expected


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000\n", 16),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("1000 100000\n", 1),
        ("50000 10000\n", 5),
        ("9900000 100000\n", 16),
        ("", 16),
        ("0 0\n", 16),
        ("two processors\n", 16),
        ("200000 100000 more\n", 2),
        ("\ufffd", 16),
    ],
)
def test_a_quota_of_version_2_limits_them(quota, expected, tmp_path):
    assert available(system(tmp_path, "0::/\n", **{"cpu.max": quota})) == expected


@pytest.mark.parametrize("mount", ["", "unified/"])
@pytest.mark.parametrize(
    ("quotas", "expected"), [((2, 4, 8), 2), ((8, 2, 4), 2), ((8, 4, 2), 2), ((None, 3, None), 3)]
)
def test_the_smallest_quota_of_nested_cgroups_counts(mount, quotas, expected, tmp_path):
    folders = ("", "job.slice/", "job.slice/a:b/")
    files = {
        f"{mount}{folder}cpu.max": f"{quota * 100000} 100000\n"
        for folder, quota in zip(folders, quotas, strict=True)
        if quota
    }
    assert available(system(tmp_path, "0::/job.slice/a:b\n", **files)) == expected


@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
@pytest.mark.parametrize("folder", ["", "/docker", "/docker/12ab"])
@pytest.mark.parametrize(("quota", "expected"), [("-1\n", 16), ("250000\n", 3)])
def test_a_quota_of_version_1_limits_them(mount, folder, quota, expected, tmp_path):
    """In a container the path may be the host's, and the mount the container's own cgroup."""
    cgroup = "9:memory:/docker/12ab\n4:cpu,cpuacct:/docker/12ab\n3:cpuset:/\n0::/\n"
    files = {
        f"{mount}{folder}/cpu.cfs_quota_us": quota,
        f"{mount}{folder}/cpu.cfs_period_us": "100000\n",
        "cpuset/cpu.cfs_quota_us": "100000\n",
        "cpuset/cpu.cfs_period_us": "100000\n",
    }
    assert available(system(tmp_path, cgroup, **files)) == expected


def test_another_processes_cgroup_does_not_count(tmp_path):
    files = {"mine/cpu.max": "400000 100000", "other/cpu.max": "100000 100000"}
    assert available(system(tmp_path, "0::/mine\n", **files)) == 4
