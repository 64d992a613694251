"""The telephone side of one service: which doors are open, and what a caller hears first.

Knows settings and who greets; knows no protocol.
"""

import asyncio
import logging
import socket
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from api.actions.actions import NO_ACTIONS, ActionCatalogue, Text, read_actions
from api.actions.control import Control, Dialplan
from api.actions.controller import Controller
from api.actions.selector import Selector
from api.settings import Settings, unwrapped
from api.telephony.ari import Ari
from api.telephony.ari_channel import Asterisk, ExternalChannel
from api.telephony.audiosocket import LOOPBACK
from api.telephony.carriers import Carrier, Tickets
from api.telephony.gateway import GatewayConfig, gateway
from api.telephony.recorder import Recorder
from api.telephony.telnyx import Telnyx
from api.telephony.twilio import Twilio
from api.telephony.vonage import Vonage
from api.wiring import Services
from dialog.errors import BadInput
from dialog.messages import Inbound, Outbound, Say
from dialog.tasks import background
from dialog.threads import RECORDINGS, STORE

log = logging.getLogger(__name__)

# Beside the calls that can be held: callers who are just being told that all lines are busy.
BUSY_CALLERS = 16
TIDY_S = 3600.0


class Phone:
    """Answers callers. One for the whole service."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._held: set[uuid.UUID] = set()
        self._catalogue = actions(services.settings)
        self._selector = self._selecting()
        self.carriers = carriers(services.settings)
        self.tickets = Tickets()
        self.public_url = (services.settings.public_url or "").rstrip("/")

    async def answer(
        self,
        identity: uuid.UUID,
        inbound: AsyncIterator[Inbound],
        control: Control | None = None,
    ) -> AsyncGenerator[Outbound]:
        """Greet a caller and hold the call. `identity` becomes the conversation's id, unless a
        conversation has it: a dialplan with one fixed UUID must not join strangers' calls."""
        conversation_id = identity
        if identity in self._held or await self._services.conversations.exists(str(identity)):
            conversation_id = uuid.uuid4()
        self._held.add(conversation_id)
        try:
            control = control or self._control(identity)
            controller = Controller(
                self._catalogue,
                control,
                str(conversation_id),
                selector=self._selector,
                prompts=self._services.prompts,
            )
            respond = controller.answering(self._services.stages(spoken=True).respond)
            recorder = await self._recorder(str(conversation_id))
            greeted = recorder.inbound if recorder else _greeted
            heard = controller.inbound(greeted(inbound, self._greeting()))
            async with (
                self._services.calls.open(heard, str(conversation_id), respond) as call,
                aclosing(controller.messages(call)) as messages,
                aclosing(recorder.messages(messages) if recorder else messages) as told,
            ):
                async for message in told:
                    yield message
        finally:
            self._held.discard(conversation_id)

    def _selecting(self) -> Selector | None:
        """The language model chooses among described actions, where both are there."""
        llm = self._services.llm
        if llm is None or not any(one.description for one in self._catalogue.actions.values()):
            return None
        return Selector(self._catalogue, llm, 2 * self._services.settings.llm_patience_s)

    def _control(self, identity: uuid.UUID) -> Control:
        asterisk = asterisk_of(self._services.settings)
        return Dialplan() if asterisk is None else ExternalChannel(asterisk, identity)

    def _greeting(self) -> list[Inbound]:
        greeting = self._services.prompts.greeting
        return [Say(greeting)] if greeting else []

    async def _recorder(self, conversation: str) -> Recorder | None:
        """What records a call, where that is wanted."""
        settings, recordings = self._services.settings, self._services.recordings
        if not settings.record:
            return None
        await STORE.run(self._services.conversations.begin, conversation)
        path = await RECORDINGS.run(recordings.path, conversation)
        return Recorder(path, self._services.prompts.record_notice)


async def _greeted(
    inbound: AsyncIterator[Inbound], greeting: Sequence[Inbound]
) -> AsyncGenerator[Inbound]:
    for one in greeting:
        yield one
    async for message in inbound:
        yield message


def actions(settings: Settings) -> ActionCatalogue:
    """The operator's actions; raises BadInput for a file that cannot be used."""
    catalogue = read_actions(settings.actions.expanduser()) if settings.actions else NO_ACTIONS
    texts = [one for one in catalogue.actions.values() if isinstance(one, Text) and one.url is None]
    if texts and not carriers(settings):
        raise BadInput(f"the action {texts[0].name}: no carrier is set up that could send a text; "
                           "name a webhook as `url`")  # fmt: skip
    return catalogue


def carriers(settings: Settings) -> dict[str, Carrier]:
    """The cloud carriers that are set up, by name; raises BadInput for a key that is none."""
    found: dict[str, Carrier] = {}
    if token := unwrapped(settings.twilio_auth_token):
        found["twilio"] = Twilio(token)
    if settings.telnyx_public_key:
        found["telnyx"] = Telnyx(settings.telnyx_public_key, unwrapped(settings.telnyx_api_key))
    if secret := unwrapped(settings.vonage_signature_secret):
        key = settings.vonage_private_key
        found["vonage"] = Vonage(secret, settings.vonage_application_id, key)
    return found


def asterisk_of(settings: Settings) -> Asterisk | None:
    """The exchange that we may give orders to, if there is one."""
    if settings.asterisk_url is None:
        return None
    password = unwrapped(settings.asterisk_password) or ""
    return Asterisk(settings.asterisk_url, settings.asterisk_user, password)


def listening(settings: Settings) -> socket.socket | None:
    """The AudioSocket port, taken; None where it is not wanted. Raises BadInput."""
    if settings.audiosocket_port is None:
        return None
    host, port = settings.audiosocket_host, settings.audiosocket_port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise BadInput(f"cannot listen for AudioSocket on {host}:{port}: {error}") from None


@asynccontextmanager
async def lines(services: Services, taken: socket.socket | None) -> AsyncIterator[Phone]:
    """The phone with its doors open, for as long as the block runs."""
    phone = Phone(services)
    settings = services.settings
    async with AsyncExitStack() as doors:
        if taken is not None:
            peers = (*LOOPBACK, *settings.phone_peers)
            limit = settings.max_calls + BUSY_CALLERS
            config = GatewayConfig(taken, peers, limit, settings.home / "beseda.log")
            await doors.enter_async_context(gateway(config, phone.answer))
        if (asterisk := asterisk_of(settings)) is not None:
            await doors.enter_async_context(background(Ari(asterisk, phone.answer).serve()))
        if settings.record:
            await doors.enter_async_context(background(_tidied(services)))
        yield phone


async def _tidied(services: Services) -> None:
    """Every hour, recordings that are too old are deleted."""
    while True:
        try:
            await RECORDINGS.run(services.recordings.tidy, services.settings.record_days)
        except OSError as error:
            log.warning("recordings: %s", type(error).__name__)
        await asyncio.sleep(TIDY_S)
