"""Settings that force a kind of login or a workspace, against every login that is here (C54, C55)."""

from __future__ import annotations

from typing import NamedTuple

from profiles.doctor.finding import ERROR, WARNING, Finding
from profiles.doctor.homes_places import ACTIVE, PROFILE, Place, copy_in, login_words, own_places
from profiles.doctor.store_layers import Layer, layers, requirements, winner, without

TYPE_CHECKING = False
if TYPE_CHECKING:
    from profiles.auth_file import AuthDocument
    from profiles.doctor.machine import Machine
    from profiles.overrides import HomeSettings

_METHOD, _WORKSPACE = "forced_login_method", "forced_chatgpt_workspace_id"


class Rule(NamedTuple):
    """One setting that forces something; `deletes` is false for requirements, which only do not let it through."""

    layer: Layer
    key: str
    settings: HomeSettings
    deletes: bool = True

    def forbids(self, document: AuthDocument) -> bool:
        """Tell whether Codex would not use this login."""
        from profiles.overrides import why_void

        identity = document.identity
        return identity is not None and why_void(self.settings, identity, document) is not None


def rules_of(machine: Machine, home: str) -> list[Rule]:
    """Return what is forced in a home, each by the strongest file that says it."""
    from profiles.overrides import HomeSettings

    found = layers(machine, home)
    rules = []
    for key in (_METHOD, _WORKSPACE):
        won = winner(found, key)
        if won is None:
            continue
        own = won[0].settings
        only = HomeSettings(own.path)
        if key == _METHOD and own.forced_method is not None:
            rules.append(Rule(won[0], key, only._replace(forced_method=own.forced_method)))
        if key == _WORKSPACE and own.forced_workspaces:
            rules.append(Rule(won[0], key, only._replace(forced_workspaces=own.forced_workspaces)))
    required = requirements(machine)
    if required is not None:
        own = required.settings
        only = HomeSettings(own.path)
        if own.forced_method is not None:
            settings = only._replace(forced_method=own.forced_method)
            rules.append(Rule(required, "allowed_login_methods", settings, deletes=False))
        if own.forced_workspaces:
            settings = only._replace(forced_workspaces=own.forced_workspaces)
            rules.append(Rule(required, "allowed_chatgpt_workspaces", settings, deletes=False))
    return rules


def forced(machine: Machine) -> list[Finding]:
    """Find every login that its home's settings would delete, and those that the active home's would."""
    active = Place(machine.home, ACTIVE)
    rules = rules_of(machine, machine.home)
    places = own_places(machine)
    findings: list[Finding] = []
    document = _document(machine, active)
    if document is not None:
        fitting = _fitting(machine, rules, places)
        against = [rule for rule in rules if rule.forbids(document)]
        findings += [_forbidden(machine, active, rule, fitting) for rule in against]
    for rule in rules:
        misfits = [each.name for each in _profiles(places) if _is_forbidden(machine, rule, each)]
        if misfits and not any(each.evidence.startswith(_where(rule)) for each in findings):
            findings.append(_misfits(rule, misfits))
    for place in _profiles(places):
        own = [rule for rule in rules_of(machine, place.home) if rule.layer.is_home]
        against = [rule for rule in own if _is_forbidden(machine, rule, place)]
        findings += [_forbidden(machine, place, rule, None) for rule in against]
    return findings


def _profiles(places: list[Place]) -> list[Place]:
    return [each for each in places if each.role == PROFILE]


def _document(machine: Machine, place: Place) -> AuthDocument | None:
    copy = copy_in(machine, place)
    return copy.document if copy is not None else None


def _is_forbidden(machine: Machine, rule: Rule, place: Place) -> bool:
    document = _document(machine, place)
    return document is not None and rule.forbids(document)


def _fitting(machine: Machine, rules: list[Rule], places: list[Place]) -> str | None:
    """Return a profile with a login that all rules let through."""
    for place in _profiles(places):
        document = _document(machine, place)
        if document is None or document.identity is None:
            continue
        if not any(rule.forbids(document) for rule in rules):
            return place.name
    return None


def _where(rule: Rule) -> str:
    return f"{rule.layer.where(rule.key)}: {rule.key}"


def _forbidden(machine: Machine, place: Place, rule: Rule, fitting: str | None) -> Finding:
    method = rule.settings.forced_method
    evidence = f'{_where(rule)} = "{method}"' if method else _where(rule)
    words = login_words(machine, place)
    if rule.deletes:
        title = f"The settings delete {words} at the next start"
        why = "A session deletes an auth.json that does not fit (“Logging out”), and asks for a login, every time."
    else:
        title = f"The administrator does not let {words} through"
        why = "Codex takes such a login for none at all, and asks for one."
    if rule.layer.is_home:
        fix = without(rule.layer, rule.key)
    elif fitting is not None:
        fix = f"tui switch {fitting}"
    else:
        fix = f"log in with what {rule.layer.path} lets through: tui login NAME"
    return Finding(
        "config.forced", ERROR if place.role == ACTIVE else WARNING, title, evidence, why, fix
    )


def _misfits(rule: Rule, names: list[str]) -> Finding:
    shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    fix = without(rule.layer, rule.key)
    return Finding(
        "config.forced",
        WARNING,
        f"{len(names)} profile{'' if len(names) == 1 else 's'} cannot be used in this home",
        f"{_where(rule)}\nprofiles: {shown}",
        "Codex would delete such a login at its next start, so a switch to one of them is refused.",
        fix,
    )
