"""What an action does: before anything is said, and once that was heard.

    begin -> webhook or text -> the words ............ heard whole -> carry_out -> transfer, hang-up

Knows the operator's service and the exchange; when an action begins is `controller`'s to know.
"""

import logging
from typing import Any

from api.actions.actions import Action, ActionCatalogue, HangUp, Text, Transfer, Webhook
from api.actions.control import CannotDo, Control
from api.actions.webhooks import Hooks, WebhookReply
from dialog.prompts import Prompts

log = logging.getLogger(__name__)

CHAIN = 3
SaidWords = tuple[str, str]
"""What is said, and the name of the action that it belongs to."""


class Executor:
    """The actions of one call. `conversation` is told to webhooks, so that they can look it up."""

    def __init__(
        self,
        catalogue: ActionCatalogue,
        control: Control,
        conversation: str,
        hooks: Hooks,
        prompts: Prompts,
    ) -> None:
        self._catalogue = catalogue
        self._prompts = prompts
        self._control = control
        self._conversation = conversation
        self._hooks = hooks

    async def begin(
        self, action: Action, arguments: dict[str, Any], chain: int = CHAIN
    ) -> SaidWords:
        """Do what is done before anything is said; what to say then. A webhook's reply may name
        the action that follows, so many times at most."""
        if not isinstance(action, Text | Webhook):
            return self._words(action), action.name
        try:
            reply = await self._reach(action, arguments)
        except CannotDo as error:
            log.warning("action %s: %s", action.name, error)
            return action.failed or self._prompts.action_failed, action.name
        log.info("action %s: done", action.name)
        said = reply.say or self._words(action)
        following = self._catalogue.actions.get(reply.then)
        if following is None or not chain:
            return said or self._prompts.done, action.name
        words, name = await self.begin(following, {}, chain - 1)
        return f"{said} {words}".strip(), name

    def _words(self, action: Action) -> str:
        """What the action says: the operator's words, or ours where there are none."""
        if action.say is not None:
            return action.say
        match action:
            case Transfer():
                return self._prompts.transferring
            case HangUp():
                return self._prompts.farewell
            case Text():
                return self._prompts.text_sent
        return ""

    async def carry_out(self, name: str) -> str | None:
        """What is done when the words were heard; why the call ends by it, None if it goes on.
        Raises CannotDo for a transfer that is refused: the caller is still there."""
        action = self._catalogue.actions.get(name)
        match action:
            case Transfer():
                await self._control.transfer(action.to)
            case HangUp():
                try:
                    await self._control.hang_up()
                except CannotDo as error:  # we let go all the same
                    log.warning("action %s: %s", name, error)
            case _:
                return None
        log.info("action %s: done", name)
        return action.do

    async def _reach(self, action: Text | Webhook, arguments: dict[str, Any]) -> WebhookReply:
        """To the operator's service or the carrier; raises CannotDo."""
        if isinstance(action, Text) and action.url is None:
            await self._control.text(action.text)
            return WebhookReply()
        told = {"text": action.text} if isinstance(action, Text) else {}
        body = {
            "action": action.name,
            "conversation": self._conversation,
            "caller": await self._caller(),
            "arguments": arguments,
        }
        return await self._hooks.call(action, body | told)

    async def _caller(self) -> str | None:
        try:
            return await self._control.caller()
        except CannotDo:
            return None  # a webhook may do without
