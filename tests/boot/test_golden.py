"""Unit tests of the matcher, its messages and the case-file parser."""

from __future__ import annotations

import pytest

from casefile import Case, CaseError, parse_case
from golden import GoldenError, Golden, compile_line, kernel_lines, normalise, parse_golden, shortest_match
from mismatch import explain_mismatch, log_tail


def golden(*lines: str) -> Golden:
    return parse_golden(lines, "x.log", 1)


def matches(lines: list[str], log: list[str]) -> bool:
    return explain_mismatch(golden(*lines), log) is None


def complaint(lines: list[str], log: list[str]) -> str:
    text = explain_mismatch(golden(*lines), log)
    assert text is not None
    return text


@pytest.mark.parametrize(("text", "log_line", "fits"), [
    ("[{time}] [0] INFO  up", "[    1.234567] [0] INFO  up", True),
    ("[{time}] x", "[   12.000001] x", True),
    ("[{time}] x", "[123456.000001] x", True),
    ("[{time}] x", "[1.234567] x", False),
    ("[{time}] x", "[     1.234567] x", False),
    ("[{time}] x", "[    1.23456] x", False),
    ("{addr}", "ffffffff80000000", True),
    ("{addr}", "FFFFFFFF80000000", False),
    ("{addr}", "ffffffff8000000", False),
    ("cpu {cpu}", "cpu 1F", True),
    ("cpu {cpu}", "cpu 1f", False),
    ("{hex} {n} {word}", "fF0 42 a+b(c)", True),
    ("{n} CPUs", "-1 CPUs", False),
    ("{word} b", "a a b", False),
    ("took {ms} ms", "took 12.5 ms", True),
    ("{real} GHz", "2.50 GHz", True),
    ("{real} GHz", "2 GHz", False),
    ("Faultline {version} ({id})", "Faultline 0.1.0-rc1 (0123456789ab)", True),
    ("Faultline {version} ({id})", "Faultline 1 (0123456789ab)", False),
    ("Faultline {version} ({id})", "Faultline 0.1 (0123456789a)", False),
    ("at  {where}", "at  frame_alloc+0x1c (kernel/mm/frame.c:87)", True),
    ("at  {where}", "at  frame_alloc+0x1c", False),
    ("a{gap}b", "a   b", True),
    ("a{gap}b", "ab", False),
    ("a{text}", "a", True),
    ("{esc}[0m", "\x1b[0m", True),
    ("a.c*", "abc*", False),
    ("{{n} }", "{n} }", True),
    ("{{n}", "7", False),
    ("{n}{n}", "42", True),
])
def test_placeholders(text: str, log_line: str, fits: bool) -> None:
    assert compile_line(text, "x.log:1").matches(log_line) is fits


@pytest.mark.parametrize("text", ["{nonsense}", "{n", "{", "{}"])
def test_unknown_placeholder_names_its_line(text: str) -> None:
    with pytest.raises(GoldenError, match=r"^x\.log:2: unknown placeholder"):
        golden("ok", text)


def test_equal_logs_match() -> None:
    assert matches(["a", "b {n}", "c"], ["a", "b 7", "c"])


@pytest.mark.parametrize("log", [
    ["a", "c"],
    ["a", "b", "b", "c"],
    ["b", "a", "c"],
    ["a", "b", "c", "d"],
    ["x", "a", "b", "c"],
    ["a", "b"],
    ["a", "", "b", "c"],
    ["a", "b ", "c\r"],
])
def test_any_difference_is_a_mismatch(log: list[str]) -> None:
    assert not matches(["a", "b", "c"], log)


@pytest.mark.parametrize(("log", "fits"), [
    (["a", "c"], True),
    (["a", "x", "y", "c"], True),
    (["a", "c", "x", "c"], True),
    (["a", "x"], False),
    (["a", "c", "x"], False),
    (["x", "a", "c"], False),
])
def test_gap_takes_any_number_of_lines(log: list[str], fits: bool) -> None:
    assert matches(["a", "...", "c"], log) is fits


def test_gap_does_not_take_the_first_chance_that_leads_nowhere() -> None:
    assert matches(["...", "a", "b"], ["a", "x", "a", "b"])
    assert matches(["...", "{text}", "{text}", "..."], ["a", "b"])
    assert not matches(["...", "{text}", "{text}", "{text}"], ["a", "b"])


ANY = ["a", "{any-order", "cpu 1", "cpu {n}", "}", "z"]


@pytest.mark.parametrize(("log", "fits"), [
    (["a", "cpu 1", "cpu 2", "z"], True),
    (["a", "cpu 2", "cpu 1", "z"], True),
    (["a", "cpu 1", "cpu 1", "z"], True),
    (["a", "cpu 2", "cpu 2", "z"], False),
    (["a", "cpu 1", "z"], False),
    (["a", "cpu 1", "x", "cpu 2", "z"], False),
    (["a", "cpu 1", "cpu 2", "cpu 3", "z"], False),
    (["cpu 1", "a", "cpu 2", "z"], False),
    (["a", "cpu 1"], False),
])
def test_any_order_block(log: list[str], fits: bool) -> None:
    assert matches(ANY, log) is fits


def test_any_order_gives_each_golden_line_a_log_line_of_its_own() -> None:
    block = ["{any-order", "{text}", "{word}", "b", "}"]
    assert matches(block, ["b", "x y", "c"])
    assert matches(block, ["c", "x y", "b"])
    assert not matches(block, ["c", "x y", "z z"])


@pytest.mark.parametrize("lines", [["{any-order", "a"], ["{any-order", "a", "...", "}"], ["{any-order", "{any-order", "}"],
                                   ["{any-order", "! a", "}"]])
def test_bad_blocks_are_refused(lines: list[str]) -> None:
    with pytest.raises(GoldenError, match=r"^x\.log:\d"):
        golden(*lines)


@pytest.mark.parametrize("lines", [[], ["..."], ["", " "], ["! a"], ["{any-order", "}"]])
def test_a_golden_log_that_demands_nothing_is_refused(lines: list[str]) -> None:
    with pytest.raises(GoldenError, match="no golden line"):
        golden(*lines)


def test_forbidden_lines_may_stand_nowhere_not_even_in_a_gap() -> None:
    lines = ["a", "...", "c", "! WARN  cpu {n}"]
    assert matches(lines, ["a", "WARN  cpu x", "c"])
    assert not matches(lines, ["a", "[0] WARN  cpu 3 is slow", "c"])
    assert "x.log:4: must not appear" in complaint(lines, ["a", "[0] WARN  cpu 3 is slow", "c"])


def test_forbidden_text_is_not_a_regular_expression() -> None:
    assert matches(["a", "! a.*"], ["a"])
    assert not matches(["a{text}", "! a.*"], ["a.*"])


def test_empty_log_never_matches() -> None:
    assert "first line never came" in complaint(["...", "a"], [])


def test_message_names_both_lines() -> None:
    text = complaint(["a", "ready: {n} CPUs", "c"], ["a", "ready: no CPUs", "c"])
    assert "x.log:2: expected\n    ready: {n} CPUs" in text
    assert "2| ready: no CPUs" in text


def test_message_tells_extra_from_missing() -> None:
    assert "extra in the log" in complaint(["a", "b"], ["a", "surprise", "b"])
    assert "missing from the log" in complaint(["a", "b", "c"], ["a", "c"])
    assert "already matches x.log:3" in complaint(["a", "b", "c"], ["a", "c"])
    assert "the end of the log" in complaint(["a", "b"], ["a"])
    assert "the log goes on\n       2| b" in complaint(["a"], ["a", "b"])


def test_message_shows_the_nearest_line() -> None:
    text = complaint(["a", "...", "memory: 256 MiB free"], ["a", "b", "memory: 200 MiB free", "c"])
    assert "nowhere in the log after line 1" in text
    assert "nearest is\n       3| memory: 200 MiB free" in text


def test_message_names_the_missing_line_of_a_block() -> None:
    assert "x.log:3: expected\n    cpu 1" in complaint(ANY, ["a", "cpu 2", "cpu 3", "z"])
    assert "no line of the any-order block matches\n       3| oops" in complaint(ANY, ["a", "cpu 1", "oops", "z"])


def test_message_makes_control_characters_visible() -> None:
    assert r"a\r" in complaint(["a"], ["a\r"])


def test_shortest_match_ignores_what_follows() -> None:
    assert shortest_match(golden("a", "...", "c"), ["a", "b", "c", "d", "c"]) == 3
    assert shortest_match(golden("a", "c"), ["a", "b"]) is None
    assert explain_mismatch(golden("a"), ["a", "shell>"], whole=False) is None


def test_normalised_boots_differ_only_where_they_should() -> None:
    wanted = golden("[{time}] up", "{any-order", "cpu {n}", "x", "}", "...", "end")
    first = ["[    0.000001] up", "cpu 3", "x", "base 0xfe00 [    1.0]", "end"]
    second = ["[   10.000001] up", "x", "cpu 1", "base 0xfd00 [   11.0]", "end"]
    assert normalise(wanted, first) == normalise(wanted, second)
    assert normalise(wanted, first) == ["[{time}] up", "cpu {n}", "x", "base # [ #.#]", "end"]
    assert normalise(wanted, first) != normalise(wanted, second[:3] + ["another line", "end"])
    assert normalise(wanted, first) != normalise(wanted, second[:3] + ["end"])


FIRMWARE = "\x1b[2J\x1b[01;01H\x1b[=3hBdsDxe: starting\n\r\x1b[2J"


def test_log_begins_with_the_kernels_first_line() -> None:
    assert kernel_lines(FIRMWARE + "Faultline 0.1 (ab)\r\nb\r\n") == ["Faultline 0.1 (ab)", "b"]
    assert kernel_lines(FIRMWARE + "[    0.0] Faultline 0.1 (ab)\r\n") == ["[    0.0] Faultline 0.1 (ab)"]
    assert kernel_lines(FIRMWARE + "Faultline 0.1 loader\r\nFaultline 0.1 (ab)\r\n") == ["Faultline 0.1 (ab)"]
    assert kernel_lines(FIRMWARE) == []


def test_the_firmware_of_a_second_boot_is_cleaned_too() -> None:
    second = "b\r\n\x1b[2J\x1b[01;01HFaultline 0.1 (ab)\r\n"
    assert kernel_lines(FIRMWARE + "Faultline 0.1 (ab)\r\n" + second) == ["Faultline 0.1 (ab)", "b", "Faultline 0.1 (ab)"]


def test_firmware_lines_are_kept_on_demand() -> None:
    assert kernel_lines(FIRMWARE + "Faultline 0.1 (ab)\r\n", from_firmware=True) == ["BdsDxe: starting", "Faultline 0.1 (ab)"]
    assert kernel_lines(FIRMWARE + "refused\n\r", from_firmware=True) == ["BdsDxe: starting", "refused"]


def test_the_kernels_own_escapes_and_stray_returns_are_kept() -> None:
    assert kernel_lines("Faultline 1 (ab)\r\n\x1b[31mred\r\nb\r\r\n") == ["Faultline 1 (ab)", "\x1b[31mred", "b\r"]


def test_log_tail() -> None:
    assert log_tail([str(n) for n in range(30)], 2) == "      29| 28\n      30| 29"


HEADER = "about: proves a thing\n"


def case(header: str, body: str = "a\n") -> Case:
    return parse_case(f"{HEADER}{header}---\n{body}", "x", "cases/x.log")


def test_case_defaults() -> None:
    plain = case("")
    assert (plain.boot, plain.status, plain.tier, plain.build, plain.image) == ("kernel", 33, "test", "release", "BOOTX64.EFI")
    assert (plain.cpu, plain.machine, plain.mem, plain.vga) == ("max", "q35", "256M", "std")
    assert (plain.firmware, plain.fat, plain.stick, plain.readonly) == ("installed", None, "virtio", "off")
    assert (plain.cpu_count, plain.timeout, plain.repeat) == (1, 60, 1)
    assert plain.icount is None and not plain.ends_by_kill and not plain.from_firmware


def test_case_keys() -> None:
    full = case("boot: fat\ncfg: # hello\\nloglevel=debug\ncfg: exit=qemu\nfile: \\a\\b.elf = {build}/b.elf\n"
                "qemu: -device 'a b'\nsmp: 4,sockets=2\nicount: 0\nstatus: stays\nevents: RESET RESET\nfrom: firmware\n# a comment\n\n")
    assert full.cfg == "# hello\nloglevel=debug\nexit=qemu\n"
    assert full.files == (("\\a\\b.elf", "{build}/b.elf"),)
    assert full.qemu == ("-device", "a b")
    assert full.icount == 0
    assert (full.cpu_count, full.events, full.from_firmware, full.ends_by_kill) == (4, ("RESET", "RESET"), True, True)


def test_case_keys_of_firmware_and_stick() -> None:
    stick = case("boot: fat\nfat: 32\nstick: usb\nreadonly: on\nfirmware: bios\n")
    assert (stick.fat, stick.stick, stick.readonly, stick.firmware) == (32, "usb", "on", "bios")


def test_case_values_may_hold_colons_and_repeat() -> None:
    assert case("options: run=a:b\noptions: exit=qemu\n").options == "run=a:b exit=qemu"


@pytest.mark.parametrize(("header", "message"), [
    ("opitons: x\n", r"cases/x\.log:2: unknown key `opitons`: did you mean `options`"),
    ("nonsense\n", r":2: `nonsense` is not of the form"),
    ("\nstatus: 0\n", r":3: status: `0` is not one of"),
    ("status: 1\n", r":2: status"),
    ("boot: tape\n", r":2: boot"),
    ("tier: all\n", r":2: tier"),
    ("smp: 0\n", r":2: smp"),
    ("timeout: never\n", r":2: timeout"),
    ("icount: 11\n", r":2: icount: `11` is not a number from 0 to 10"),
    ("icount: on\n", r":2: icount"),
    ("repeat: 0\n", r":2: repeat"),
    ("mem: 1G\nmem: 2G\n", r":3: `mem` stands twice"),
    ("events: RESTE\n", r":2: events"),
    ("boot: fat\nfile: b = c\n", r":3: file"),
    ("boot: fat\noptions: exit=qemu\n", "needs boot: kernel"),
    ("cfg: exit=qemu\n", "need boot: fat"),
    ("file: \\a = b\n", "need boot: fat"),
    ("boot: fat\nfat: 8\n", r":3: fat: `8` is not one of: 12 16 32"),
    ("boot: fat\nstick: floppy\n", r":3: stick"),
    ("boot: fat\nreadonly: yes\n", r":3: readonly"),
    ("firmware: oldest\n", r":2: firmware: `oldest` is not one of: installed bios snakeoil older newer strict-nx"),
    ("fat: 32\n", "`fat` need boot: fat"),
    ("boot: disk\nfat: 32\n", "`fat` need boot: fat"),
    ("boot: disk\ncfg: exit=qemu\n", "need boot: fat"),
    ("boot: disk\noptions: exit=qemu\n", "needs boot: kernel"),
    ("boot: disk\nimage: loaders/bad.efi\n", "`image` has no place"),
    ("stick: usb\n", "`readonly` need boot: fat or disk"),
    ("readonly: on\n", "`readonly` need boot: fat or disk"),
    ("events: SHUTDOWN\n", "needs status: stays"),
])
def test_bad_headers_name_file_and_line(header: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case(header)


def test_golden_lines_are_numbered_by_the_file() -> None:
    with pytest.raises(CaseError, match=r"cases/x\.log:4: unknown placeholder"):
        case("", "a\n{oops}\n")


def test_case_without_about_or_separator_is_refused() -> None:
    with pytest.raises(CaseError, match="about"):
        parse_case("---\na\n", "x", "x.log")
    with pytest.raises(CaseError, match="no line `---`"):
        parse_case("about: b\n", "x", "x.log")
