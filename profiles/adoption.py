"""Make a profile of a login that none has yet: its name, its folder, its files."""

from __future__ import annotations

import os
import re

from profiles.atomic import make_private_folder, not_writable, replace_file
from profiles.claims import plan_name
from profiles.discovery import NAME, Profile, read_profile
from profiles.history import Entry, iso, note
from profiles.leftovers import HALF_MADE
from profiles.model import API_KEY, OAUTH_KINDS, PERSONAL_ACCESS_TOKEN
from profiles.paths import AUTH_FILE
from profiles.profile_file import ProfileFile, save_profile_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.context import Context
    from profiles.generation import Copy
    from profiles.work import Work

_WITH_ARTICLE = {API_KEY: "an API key", PERSONAL_ACCESS_TOKEN: "an access token"}
_PLAIN_NAMES = {API_KEY: "api-key", PERSONAL_ACCESS_TOKEN: "access-token"}


def describe(document: AuthDocument) -> str:
    """Say whose login it is: e-mail and plan, or its kind."""
    if document.kind in OAUTH_KINDS:
        plan = plan_name(document.id_facts.plan)
        who = document.email or "a ChatGPT login"
        return f"{who}, {plan}" if plan else who
    return _WITH_ARTICLE.get(document.kind) or f"a login of the kind {document.kind}"


def free_name(work: Work, document: AuthDocument) -> str:
    """Return a name: the e-mail's local part, then with the plan, then numbered."""
    taken = {profile.name.lower() for profile in work.view.shelf.profiles}
    try:
        taken |= {name.lower() for name in os.listdir(work.context.roots.profiles)}
    except OSError:
        pass
    local = (document.email or "").partition("@")[0]
    base = _clean(local) or _PLAIN_NAMES.get(document.kind, _clean(document.kind)) or "login"
    plan = _clean((document.id_facts.plan or "").lower())
    candidates = [base, f"{base[: 63 - len(plan)]}-{plan}"] if plan else [base]
    for name in candidates:
        if name.lower() not in taken and NAME.fullmatch(name):
            return name
    number = 2
    while f"{base[:58]}-{number}".lower() in taken:
        number += 1
    return f"{base[:58]}-{number}"


def _clean(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._@+-]+", "-", text).strip("-._@+")[:50]


def adopt(work: Work, copy: Copy, why: str) -> Profile:
    """Save a login as a new managed profile; `why` completes the sentence that says so.

    Raises StoreNotWritable; then nothing was made.
    """
    document = copy.document
    if document is None or document.identity is None:
        message = "only a document with a login can be adopted"
        raise ValueError(message)
    name = free_name(work, document)
    fields = ProfileFile(
        created=iso(work.context.now()), identity=document.identity, email=document.email
    )
    profile = make_profile(work, name, fields, copy)
    work.adopted = work.adopted or name
    work.say(f"{why} ({describe(document)}) is now saved as the profile {name}")
    remember_adoption(work.context, profile, document)
    return profile


def remember_adoption(context: Context, profile: Profile, document: AuthDocument) -> None:
    """Note in the history that a login was saved as a profile. Raises StoreNotWritable."""
    identity = document.identity
    digest = identity.digest() if identity is not None else ""
    note(context, Entry(context.now(), "add", profile.name, digest, context.home, "adopted"))


def make_profile(work: Work, name: str, fields: ProfileFile, copy: Copy | None) -> Profile:
    """Make a profile's folder whole before it gets its name. Raises StoreNotWritable."""
    context, files = work.context, work.context.files
    root = context.roots.profiles
    half = f"{root}/{HALF_MADE}{os.getpid()}-{os.urandom(4).hex()}"
    final = f"{root}/{name}"
    make_private_folder(files, half)
    try:
        if copy is not None:
            replace_file(files, f"{half}/{AUTH_FILE}", copy.raw, copy.modified_ns)
        save_profile_file(context, half, fields)
        try:
            files.rename(half, final)
            files.sync_folder(root)
        except OSError as error:
            raise not_writable(final, error) from error
    except Exception:
        _remove_half_made(work, half)
        raise
    profile = read_profile(final)
    work.learnt(profile)
    return profile


def _remove_half_made(work: Work, folder: str) -> None:
    try:
        for name in os.listdir(folder):
            work.context.files.unlink(f"{folder}/{name}")
        work.context.files.remove_folder(folder)
    except OSError:
        # Found again by the next writing verb.
        pass


def drop_half_made(work: Work, folder: str) -> None:
    """Remove a half-made folder whose documents are safe elsewhere."""
    _remove_half_made(work, folder)
