"""The operator's documents: put in, listed, searched, removed."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api import schemas
from api.conversation.validation import check_question
from api.http.routes.deps import IngestionDep, RetrieverDep
from dialog.errors import BadInput
from dialog.threads import ANSWERS, DOCUMENTS, STORE
from rag.ingestion.ingest import DocumentFile, Ingestion, Report

router = APIRouter(prefix="/v1", tags=["documents"])


MOST_TAGS, LONGEST_TAG_CHARS = 20, 100
Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG_CHARS)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]


@router.get("/documents")
async def list_documents(
    retriever: RetrieverDep, tag: Annotated[Tags, Query(default_factory=list)]
) -> dict[str, object]:
    """Everything that answers may quote; with `tag`, once or more, what is marked with any."""
    infos = await STORE.run(retriever.documents, tag)
    return {"object": "list", "data": [schemas.document_json(info) for info in infos]}


@router.post("/documents")
async def add_documents(
    ingestion: IngestionDep,
    file: Annotated[list[UploadFile], File()],
    tag: Annotated[Tags, Form(default_factory=list)],
) -> JSONResponse:
    """One or more files into the index, marked with each `tag`; the same name again replaces the
    document, its tags too.

    201 when something is new or changed, else 200. A single file that cannot be used is a
    4xx; of several, each bad one is reported and the others are taken.
    """
    report = await DOCUMENTS.run(_ingest, file, tag, ingestion)
    if report.skipped and len(file) == 1:
        raise BadInput(report.skipped[0].reason, code="unusable_document")
    changed = report.count("added") or report.count("updated")
    return JSONResponse(schemas.report_json(report), 201 if changed else 200)


def _ingest(uploads: list[UploadFile], tags: list[str], ingestion: Ingestion) -> Report:
    files: list[DocumentFile] = []
    with TemporaryDirectory() as folder:
        for number, upload in enumerate(uploads):
            name = Path(upload.filename or "").name
            path = Path(folder) / f"{number}{Path(name).suffix}"
            with path.open("wb") as file:
                shutil.copyfileobj(upload.file, file)
            files.append(DocumentFile(path, name=name, document_id=name))
        return ingestion.ingest_files(files, tags)


@router.delete("/documents/{document_id:path}")
async def remove_document(ingestion: IngestionDep, document_id: str) -> dict[str, object]:
    """Forget a document; 404 when there is none."""
    if not await DOCUMENTS.run(ingestion.remove, document_id):
        raise BadInput(f"no document has the id {document_id}", 404, "not_found")
    return {"id": document_id, "object": "document", "deleted": True}


class SearchRequest(BaseModel):
    """What to look for. POST keeps callers' words out of addresses and their logs."""

    query: str
    top: int = Field(10, ge=1, le=100)
    tags: Tags = []


@router.post("/search")
async def search(retriever: RetrieverDep, request: SearchRequest) -> dict[str, object]:
    """Distinct documents, the best passage of each; with `tags`, of those that have any."""
    query = check_question(request.query, "`query`")
    hits = await ANSWERS.run(retriever.search, query, request.top, request.tags)
    return {"query": request.query, "hits": [schemas.hit_json(hit) for hit in hits]}
