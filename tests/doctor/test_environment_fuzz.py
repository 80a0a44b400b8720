"""Start-up files that nobody thought of: reading never fails nor hangs, and a mended file is as whole as it was."""

from __future__ import annotations

import subprocess

from hypothesis import assume, given
from hypothesis import strategies as st

from profiles.doctor.environment_folders import in_editor
from profiles.doctor.environment_mends import REMARK
from profiles.doctor.shell_lines import Unfinished, statements
from profiles.doctor.startup_files import read_shell
from profiles.doctor.variable_hits import in_lines, in_nushell, in_pam, in_powershell
from tests.support.programs import need

NAME = "CODEX_ACCESS_TOKEN"

#: Pieces of which anything may be made, well formed or not.
PIECES = st.lists(
    st.sampled_from(
        [
            *"'\"`$(){}[];&|<>\\#=! \t\n",
            *("<<E\n", "E\n", "$((", "))", "${", "if ", "fi", "then ", "do ", "done", "case x in"),
            *(
                ";;",
                "export ",
                f"{NAME}=x",
                f" {NAME} ",
                "set -x ",
                "alias ",
                "source ~/a",
                "é",
                "\r\n",
            ),
        ]
    ),
    max_size=40,
).map("".join)


@given(PIECES)
def test_anything_can_be_read(text: str) -> None:
    """No text makes a reader fail or hang; lines are those of the file, and a line that can go holds the name."""
    for fish in (False, True):
        try:
            found = statements(text, fish=fish)
        except Unfinished:
            found = []
        assert all(1 <= each.first <= each.last <= text.count("\n") + 1 for each in found)
        assert all(all(each.words) for each in found)
        hits = read_shell(text, [NAME], fish=fish).hits
        assert all(NAME in text.split("\n")[each.line - 1] for each in hits if each.mark)
    for reader in (in_lines, in_pam, in_nushell, in_powershell):
        list(reader(text, [NAME]))
    list(in_editor(text, [NAME], "linux"))


SET = st.sampled_from(
    [
        f"export {NAME}=x",
        f"export {NAME}='a b' # c",
        f'{NAME}="$HOME"; export {NAME}',
        f"declare -x {NAME}=$(echo y);",
        f"export A=1 {NAME}=x",
        f"true && export {NAME}=x",
        f"export \\\n {NAME}=x",
    ]
)
OTHER = st.sampled_from(
    [
        ":",
        "A='it is # no\ncomment'",
        "cat <<E >/dev/null\nexport X=1\n'\nE",
        'echo "$(echo ")" )" `true`',
        "B=(1\n2)",
        "# it's a comment\n:",
        "true ||",
        "(( C = 1 << 2 ))",
        '[[ "a" == a* ]] && :',
    ]
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map("\n".join)
    return st.one_of(
        body.map(lambda text: f"if true; then\n{text}\nfi"),
        st.tuples(body, body).map(lambda two: f"if false\nthen\n{two[0]}\nelse\n{two[1]}\nfi"),
        body.map(lambda text: f"for i in 1 2; do\n{text}\ndone"),
        body.map(lambda text: f"case x in\n  x)\n{text}\n;;\nesac"),
        body.map(lambda text: f"f() {{\n{text}\n}}"),
        body.map(lambda text: f"(\n{text}\n)"),
        body.map(lambda text: f"{{ {text}\n}}"),
        body.map(lambda text: f"while false; do {text}\ndone"),
    )


SCRIPTS = st.lists(
    st.recursive(st.one_of(SET, OTHER), _blocks, max_leaves=8), min_size=1, max_size=5
).map(lambda lines: "\n".join(lines) + "\n:\n")


def _is_whole(bash: str, text: str) -> bool:
    return (
        subprocess.run(
            [bash, "-n"], input=text.encode(), check=False, capture_output=True
        ).returncode
        == 0
    )


@given(SCRIPTS)
def test_a_mended_script_is_whole(text: str) -> None:
    """Whatever bash takes, it takes with every line commented out that is offered; each of these had the name."""
    bash = need("bash")
    assume(_is_whole(bash, text))
    hits = [each for each in read_shell(text, [NAME]).hits if each.mark is not None]
    lines = text.split("\n")
    for each in hits:
        assert NAME in lines[each.line - 1]
        lines[each.line - 1] = f"{each.mark}{lines[each.line - 1]}{REMARK}"
    mended = "\n".join(lines)
    assert _is_whole(bash, mended), mended
    assert not [each for each in read_shell(mended, [NAME]).hits if each.mark is not None]
