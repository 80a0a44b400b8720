"""Make, register, rename and delete profiles (R4, R5, R15)."""

from __future__ import annotations

import os

from profiles.adoption import describe, make_profile, remember_adoption
from profiles.backups import deleted_folder
from profiles.discovery import NAME, Profile, read_profile
from profiles.errors import (
    AuthFileInsecure,
    AuthFileMalformed,
    LoginNeeded,
    ProfileExists,
    ProfileNameInvalid,
    ProfilesError,
    SwitchRefused,
    UsageError,
)
from profiles.generation import Copy, known_same_lineage, read_copy
from profiles.history import Entry, iso, note
from profiles.ownership import why_not_trusted
from profiles.paths import AUTH_FILE
from profiles.processes import processes_of_home
from profiles.profile_file import ProfileFile, save_profile_file
from profiles.reconcile import Report, needs_of_profile, reconcile_live, report_of, sight_of
from profiles.refusals import describe_home, next_step_for_home, refuse_run_lock
from profiles.removal import move_folder
from profiles.seen import remember
from profiles.strict_json import has_half_pair
from profiles.work import Work, enter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.context import Context
    from profiles.discovery import Shelf


def check_name(name: str) -> None:
    """Raise ProfileNameInvalid when no profile can be called so."""
    if NAME.fullmatch(name) is None:
        raise ProfileNameInvalid(name)


def check_free(context: Context, shelf: Shelf, name: str, *, but: str = "") -> None:
    """Raise ProfileExists when something has this name already, whatever its case; `but` does not count."""
    check_name(name)
    taken = {profile.name.lower(): profile.name for profile in shelf.profiles}
    try:
        taken.update((entry.lower(), entry) for entry in os.listdir(context.roots.profiles))
    except OSError:
        pass
    taken.pop(but.lower(), None)
    if name.lower() in taken:
        raise ProfileExists(
            f"a profile called {taken[name.lower()]} exists already",
            "take another name; tui list shows them",
        )


def add_active(context: Context, name: str) -> Report:
    """Save the active home's login under a name.

    Raises LoginNeeded (there is none), ProfileExists (the name, or the login, is a profile already),
    AuthFileMalformed, AuthFileInsecure, and what taking the locks raises.
    """
    check_name(name)
    if context.active.problem is not None:
        raise UsageError(
            f"{describe_home(context)} {context.active.problem}", next_step_for_home(context)
        )
    with enter(context, lambda view: view.needs(())) as work:
        check_free(context, work.view.shelf, name)
        live = work.view.live
        _check_source(work, live)
        document = live.document if live is not None else None
        if live is None or document is None or document.identity is None:
            raise LoginNeeded(
                f"there is no login in {work.show(context.home)} to save",
                f"tui login {name} --device-code",
            )
        if document.is_mixture:
            raise AuthFileMalformed(
                work.live_path, "tokens.account_id", "not the id_token's: two logins are mixed"
            )
        have = work.profiles_of(document.identity)
        if have:
            raise ProfileExists(
                f"this login ({describe(document)}) is the profile {have[0].name} already",
                f"tui rename {have[0].name} {name}",
            )
        fields = ProfileFile(
            created=iso(context.now()), identity=document.identity, email=document.email
        )
        profile = make_profile(work, name, fields, live)
        remember_adoption(context, profile, document)
        remember(context, context.home, sight_of(live, profile))
        reconcile_live(work, update_live=False)
        work.adopted = None
        work.say(f"saved {describe(document)} as the profile {name}")
        return report_of(work)


def _check_source(work: Work, copy: Copy | None) -> None:
    if copy is None:
        return
    why = why_not_trusted(work.context, copy.path)
    if why is not None:
        raise AuthFileInsecure(
            copy.path, f"{copy.path}: {why}", f"ls -ld {os.path.dirname(copy.path)}"
        )
    if copy.document is None:
        raise AuthFileMalformed(
            copy.path, "", copy.problem or "cannot be read", "look at it, or switch to a profile"
        )


def add_empty(context: Context, name: str) -> Report:
    """Make a profile without a login, to be filled by the official client. Raises ProfileExists."""
    check_name(name)
    with enter(context, lambda view: view.needs(())) as work:
        check_free(context, work.view.shelf, name)
        make_profile(work, name, ProfileFile(created=iso(context.now())), None)
        note(context, Entry(context.now(), "add", name, "", context.home, "empty"))
        work.say(f"made the empty profile {name}")
        return report_of(work)


def register(context: Context, name: str, path: str) -> Report:
    """Make a profile of a home where it lies; its login is neither copied nor merged (R9).

    Raises UsageError (no such folder, the default or the active home), ProfileExists.
    """
    check_name(name)
    if path == "~" or path.startswith("~/"):
        # A quoted tilde: the shell has not replaced it.
        path = f"{context.user_home}{path[1:]}"
    home = os.path.realpath(path)
    if not os.path.isdir(home):
        raise UsageError(f"{path} is not a folder", f"mkdir -m 700 -p {path}, or name another home")
    if has_half_pair(home):
        raise UsageError(
            f"{path!r} has a name that is not text (UTF-8), which no file of ours can hold",
            "rename the folder, then repeat",
        )
    if home in (os.path.realpath(f"{context.user_home}/.codex"), context.home):
        raise UsageError(
            f"{path} is the active home: it is switched, not registered",
            f"tui list shows whether its login is a profile already; if not: tui add {name}",
        )
    if home.startswith(os.path.realpath(context.roots.profiles) + "/"):
        raise UsageError(f"{path} is a profile's home already", "tui list")
    with enter(context, lambda view: view.needs((), [home])) as work:
        check_free(context, work.view.shelf, name)
        for profile in work.view.shelf.profiles:
            if os.path.realpath(profile.home) == home:
                raise ProfileExists(
                    f"{path} is the profile {profile.name} already", f"tui show {profile.name}"
                )
        copy = read_copy(f"{home}/{AUTH_FILE}")
        _check_source(work, copy)
        document = copy.document if copy is not None else None
        identity = document.identity if document is not None else None
        if document is not None and identity is not None:
            _refuse_twin(work, name, copy)
        fields = ProfileFile(
            created=iso(context.now()),
            home=home,
            identity=identity,
            email=document.email if document is not None else None,
        )
        make_profile(work, name, fields, None)
        digest = identity.digest() if identity is not None else ""
        note(context, Entry(context.now(), "add", name, digest, home, "registered"))
        who = (
            f" ({describe(document)})"
            if document is not None and identity is not None
            else " (no login in it yet)"
        )
        work.say(f"{work.show(home)}{who} is the profile {name}; its login stays where it is")
        return report_of(work)


def _refuse_twin(work: Work, name: str, copy: Copy | None) -> None:
    """A login that a profile already has is not registered twice; another family of the same person is."""
    document = copy.document if copy is not None else None
    if document is None or document.identity is None:
        return
    for profile in work.profiles_of(document.identity):
        saved = read_copy(profile.auth_path)
        if saved is None or saved.document is None:
            continue
        same_token = saved.document.logins()[0].secret == document.logins()[0].secret
        if same_token or known_same_lineage(saved.document, document):
            raise ProfileExists(
                f"this login ({describe(document)}) is the profile {profile.name} already: two homes that refresh one "
                "login kill it",
                f"log in anew there for a second one, or: tui rename {profile.name} {name}",
            )


def _refuse_in_use(work: Work, profile: Profile, verb: str) -> None:
    """Codex loses its token when its home moves (R15)."""
    for process in processes_of_home(profile.home, work.context.processes()):
        raise SwitchRefused(
            f"{process.command} (process {process.pid}) runs in the home of {profile.name}: it cannot be {verb} now",
            f"end it first (kill {process.pid})",
        )
    identity = profile.fields.identity
    if identity is not None:
        refusal = refuse_run_lock(work.context, identity)
        if refusal is not None:
            raise SwitchRefused(refusal.message, "end it first")


def rename(context: Context, old: str, new: str) -> Report:
    """Give a profile another name; its folder moves. Raises ProfileNotFound, ProfileExists, SwitchRefused."""
    check_name(new)
    with enter(context, lambda view: needs_of_profile(view, view.shelf.find(old))) as work:
        profile = work.profile(old)
        if profile.name == new:
            work.say(f"{new} is called so already")
            return report_of(work)
        check_free(context, work.view.shelf, new, but=profile.name)
        if profile.managed:
            _refuse_in_use(work, profile, "renamed")
        target = f"{context.roots.profiles}/{new}"
        move_folder(context.files, profile.folder, target)
        digest = profile.fields.identity.digest() if profile.fields.identity is not None else ""
        note(
            context,
            Entry(
                context.now(), "rename", new, digest, context.home, "renamed", before=profile.name
            ),
        )
        work.say(f"{profile.name} is now called {new}")
        return report_of(work)


def delete(context: Context, name: str) -> Report:
    """Move a profile's whole folder to the backups; of a registered one only our own folder. Nothing is revoked.

    Raises ProfileNotFound, and SwitchRefused for the active profile or one in use.
    """
    with enter(context, lambda view: needs_of_profile(view, view.shelf.find(name))) as work:
        profile = work.profile(name)
        live = reconcile_live(work, update_live=False)
        if live.profile is not None and live.profile.name == profile.name:
            raise SwitchRefused(
                f"{profile.name} is the active profile; it would be saved again at once",
                "switch to another profile first: tui switch NAME",
            )
        if profile.managed:
            _refuse_in_use(work, profile, "deleted")
        place = deleted_folder(context, profile.name)
        move_folder(context.files, profile.folder, place)
        digest = profile.fields.identity.digest() if profile.fields.identity is not None else ""
        note(context, Entry(context.now(), "delete", profile.name, digest, context.home, "deleted"))
        work.say(
            f"deleted {profile.name}; its folder is kept in {work.show(place)}, and nothing was revoked"
        )
        if not profile.managed:
            work.say(f"{work.show(profile.home)} itself was not touched")
        return report_of(work)._replace(moved=(profile.folder, place))


def set_note(context: Context, name: str, text: str | None) -> None:
    """Set or clear a profile's note. Raises ProfileNotFound and ProfilesError when its file cannot be used."""
    text = None if text is None else text.encode("utf-8", "replace").decode()
    with enter(context, lambda view: needs_of_profile(view, view.shelf.find(name))) as work:
        profile = read_profile(work.profile(name).folder)
        if profile.problem is not None:
            raise ProfilesError(f"{profile.name}: {profile.problem}", "mend the file first")
        save_profile_file(context, profile.folder, profile.fields._replace(note=text or None))
