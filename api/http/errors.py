"""Errors as HTTP says them: OpenAI's body, the right status, nothing of our insides."""

from dataclasses import replace

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dialog.errors import BadInput, Unavailable, first_fault


def error_body(message: str, status: int, code: str | None = None) -> dict[str, object]:
    """OpenAI's error object (their API reference, "Error codes")."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def install_error_handlers(app: FastAPI) -> None:
    """Turn what a route refuses into one clear JSON body; faults are `middleware.Contain`'s."""
    app.add_exception_handler(BadInput, _bad_input)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


def _respond(message: str, status: int, code: str | None = None) -> JSONResponse:
    return JSONResponse(error_body(message, status, code), status_code=status)


async def _bad_input(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BadInput)
    return _respond(error.message, error.status, error.code)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unavailable)
    return _respond(error.message, error.status, error.code)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    response = _respond(str(error.detail), error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fault = first_fault(error)
    place = tuple(part for part in fault.place if part not in ("body", "query")) or ("request",)
    return _respond(str(replace(fault, place=place)), 400, "invalid_request")
