from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from hermipy import seccomp
from hermipy.errors import ProfileError

# What config-linux.md of the OCI runtime specification 1.2 says of `linux.seccomp`, as a schema;
# stricter than the published schema/defs-linux.json, whose list of architectures is older.
ACTIONS = [
    "KILL",
    "KILL_PROCESS",
    "KILL_THREAD",
    "TRAP",
    "ERRNO",
    "TRACE",
    "ALLOW",
    "LOG",
    "NOTIFY",
]
OPERATORS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
UNSIGNED = {"type": "integer", "minimum": 0}
ACTION = {"enum": [f"SCMP_ACT_{name}" for name in ACTIONS]}
CONDITION = {
    "type": "object",
    "properties": {
        "index": UNSIGNED | {"maximum": 5},
        "value": UNSIGNED | {"maximum": 2**64 - 1},
        "valueTwo": UNSIGNED | {"maximum": 2**64 - 1},
        "op": {"enum": [f"SCMP_CMP_{name}" for name in OPERATORS]},
    },
    "required": ["index", "value", "op"],
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "properties": {
        "names": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "action": ACTION,
        "errnoRet": UNSIGNED,
        "args": {"type": "array", "items": CONDITION},
        "comment": {"type": "string"},  # Docker's and Podman's; the specification ignores it
    },
    "required": ["names", "action"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "defaultAction": ACTION,
        "defaultErrnoRet": UNSIGNED,
        "architectures": {"items": {"enum": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_RISCV64"]}},
        "syscalls": {"type": "array", "items": RULE},
    },
    "required": ["defaultAction"],
    "additionalProperties": False,
}


def row(*syscalls: str, **more: object) -> dict[str, Any]:
    return {
        "path": "/bin/program",
        "arch": "riscv64",
        "syscalls": list(syscalls),
        "unresolved": [],
        "missing_libraries": [],
        "arguments": {},
        **more,
    }


def profile(*rows: dict[str, Any]) -> dict[str, Any]:
    made = seccomp.profile(rows)
    jsonschema.validate(json.loads(json.dumps(made)), SCHEMA)
    return made


def rules(made: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [rule for rule in made["syscalls"] if name in rule["names"]]


def bounded(name: str, *values: object) -> dict[str, Any]:
    return {"arguments": {name: {"argument": "request", "values": list(values)}}}


def test_what_the_program_can_call_is_allowed_and_the_rest_is_not_there(arch: str) -> None:
    made = profile(row("write", "sync", arch=arch))
    assert made["defaultAction"] == "SCMP_ACT_ERRNO"
    assert made["defaultErrnoRet"] == 38
    assert made["architectures"] == [f"SCMP_ARCH_{arch.upper()}"]
    assert [rule["action"] for rule in rules(made, "sync")] == ["SCMP_ACT_ALLOW"]
    assert not rules(made, "mount")


def test_the_container_runtime_can_still_start_the_program() -> None:
    made = profile(row("write"))
    for name in ("execve", "capset", "setresuid", "close_range", "futex"):
        assert len(rules(made, name)) == 1


def test_threads_of_the_runtime_do_not_open_clone_for_namespaces() -> None:
    (rule,) = rules(profile(row("write")), "clone")
    assert rule["args"] == [
        {"index": 0, "value": 0xFFFFFFFF, "valueTwo": 0x50F00, "op": "SCMP_CMP_MASKED_EQ"}
    ]
    assert "args" not in rules(profile(row("clone")), "clone")[0]


def test_a_profile_of_several_programs_lets_all_of_them_work() -> None:
    made = profile(row("sync", arch="riscv64"), row("mount", arch="aarch64"))
    assert made["architectures"] == ["SCMP_ARCH_AARCH64", "SCMP_ARCH_RISCV64"]
    assert rules(made, "sync") == rules(made, "mount")


def test_a_bounded_argument_becomes_a_filter_for_each_value() -> None:
    made = profile(row("ioctl", **bounded("ioctl", "TCGETS", "0x5413", 0x541B)))
    found = [rule["args"] for rule in rules(made, "ioctl")]
    assert [args[0]["valueTwo"] for args in found] == [0x5401, 0x5413, 0x541B]
    assert all(args[0]["index"] == 1 for args in found)


def test_an_argument_without_a_bound_in_one_program_is_not_filtered_in_any() -> None:
    made = profile(row("socket", **bounded("socket", "AF_UNIX")), row("socket"))
    assert ["args" in rule for rule in rules(made, "socket")] == [False]


def test_no_known_value_is_no_bound() -> None:
    made = profile(row("ioctl", **bounded("ioctl")))
    assert ["args" in rule for rule in rules(made, "ioctl")] == [False]


def test_flags_are_read_as_the_audit_writes_them() -> None:
    made = profile(row("clone", **bounded("clone", "CLONE_VM|CLONE_VFORK|0x11", "0")))
    values = [rule["args"][0]["valueTwo"] for rule in rules(made, "clone")]
    assert values == [0, 0x4111, 0x50F00]


def test_a_value_of_an_unknown_name_is_not_filtered() -> None:
    made = profile(row("ioctl", **bounded("ioctl", "TCGETS", "DRM_IOCTL_VERSION")))
    assert ["args" in rule for rule in rules(made, "ioctl")] == [False]


def test_numbers_that_linux_does_not_define_are_left_out() -> None:
    assert not rules(profile(row("write", "syscall_600")), "syscall_600")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"unresolved": [{"object": "/lib/x.so", "address": 16, "reason": "loaded"}]}, "0x10"),
        ({"missing_libraries": ["libx.so.1"]}, "libx.so.1"),
        ({"error": "/bin/program: is truncated"}, "is truncated"),
    ],
)
def test_a_program_without_a_bound_gets_no_profile(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ProfileError, match="no seccomp profile") as caught:
        seccomp.profile([row("write"), row("write", **more)])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
