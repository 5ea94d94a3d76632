"""HTTP of people and signing in."""

from aiohttp import web

from lms.accounts import service, signing_in
from lms.accounts.schemas import (
    Credentials,
    Me,
    MeChange,
    NewPerson,
    PeoplePage,
    PeopleQuery,
    PersonChange,
    PersonView,
    Setup,
)
from lms.ids import PersonId
from lms.web.auth import answer_signed_in, answer_signed_out, client_address, session_token
from lms.web.call import Call
from lms.web.routing import Access, RouteTable, Transaction

routes = RouteTable("accounts")


@routes.post("/auth/login", "Sign in", access=Access.PUBLIC, transaction=Transaction.OWN, answer=Me)
async def sign_in(call: Call, body: Credentials) -> web.Response:
    door = call.request.app[signing_in.DOOR]
    token, me = await door.sign_in(call.database, body, client_address(call.request), call.now)
    return answer_signed_in(call.request, me, token)


@routes.post("/auth/logout", "Sign out", access=Access.PUBLIC, status=204)
async def sign_out(call: Call) -> web.Response:
    await signing_in.sign_out(call.uow, session_token(call.request))
    return answer_signed_out(call.request)


@routes.post(
    "/auth/setup",
    "Use the one-time administrator link",
    access=Access.PUBLIC,
    transaction=Transaction.OWN,
    answer=Me,
)
async def set_up(call: Call, body: Setup) -> web.Response:
    door = call.request.app[signing_in.DOOR]
    token, me = await door.set_up(call.database, body, client_address(call.request), call.now)
    return answer_signed_in(call.request, me, token)


@routes.get("/me", "Who is signed in")
async def show_me(call: Call) -> Me:
    return service.me(call.actor)


@routes.patch("/me", "Change one's own settings")
async def change_me(call: Call, body: MeChange) -> Me:
    return await service.change_me(call.uow, call.actor, body)


@routes.get("/people", "People of the units the asker manages, by name, login or unit")
async def list_people(call: Call, query: PeopleQuery) -> PeoplePage:
    return await service.list_people(call.uow, call.actor, query)


@routes.post("/people", "Add a person", status=201)
async def add_person(call: Call, body: NewPerson) -> PersonView:
    hasher = call.request.app[signing_in.DOOR].hasher
    return await service.add_person(call.uow, call.actor, body, hasher, call.now)


@routes.patch("/people/{person_id}", "Change a person, their roles or password")
async def change_person(call: Call, person_id: PersonId, body: PersonChange) -> PersonView:
    hasher = call.request.app[signing_in.DOOR].hasher
    return await service.change_person(call.uow, call.actor, person_id, body, hasher)
