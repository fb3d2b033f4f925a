"""`kubectl logs`: a container's log as text, whole, in part, or followed."""

import asyncio

from labs.kube.answering import Base
from labs.kube.errors import bad_request
from labs.kube.streams import container_of, reached


class Logs(Base):
    """`kubectl logs`."""

    async def get(self, namespace: str, name: str) -> None:
        """Answer a container's log as text."""
        await self.respond(lambda: self._answer(namespace, name))

    async def _answer(self, namespace: str, name: str) -> None:
        query = self.query()
        pod = self.api.get("pods", name, namespace)
        container = container_of(pod, query.get("container", ""))
        tail, since = query.get("tailLines", ""), query.get("sinceSeconds", "")
        for text in (tail, since):
            if text and not text.isdecimal():
                raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        loop = asyncio.get_running_loop()
        chunks = await loop.run_in_executor(
            None,
            lambda: reached(self.containers).logs(
                pod,
                container,
                follow=query.get("follow") == "true",
                since=float(since) if since else None,
                tail=int(tail) if tail else None,
                previous=query.get("previous") == "true",
                timestamps=query.get("timestamps") == "true",
            ),
        )
        left = int(query.get("limitBytes", "0") or 0) or None
        # The first piece may still be a refusal; a status cannot follow a body.
        chunk = await loop.run_in_executor(None, next, chunks, None)
        self.set_header("Content-Type", "text/plain")
        try:
            await self.flush()
            while chunk is not None and not self.gone and left != 0:
                if chunk:
                    await self.send(chunk[:left])
                    left = None if left is None else max(left - len(chunk), 0)
                chunk = await loop.run_in_executor(None, next, chunks, None)
        finally:
            if close := getattr(chunks, "close", None):
                await loop.run_in_executor(None, close)
