import asyncio
import threading

from controller.devices.bridge import ThreadBridge


async def test_a_call_crosses_into_the_loops_thread() -> None:
    bridge = ThreadBridge(asyncio.get_running_loop())
    arrived: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()

    def arrive(text: str) -> None:
        arrived.set_result((text, threading.get_ident()))

    threading.Thread(target=bridge.call, args=(arrive, "here")).start()
    async with asyncio.timeout(10.0):
        assert await arrived == ("here", threading.get_ident())


def test_a_closed_loop_is_no_error() -> None:
    loop = asyncio.new_event_loop()
    bridge = ThreadBridge(loop)
    loop.close()
    bridge.call(print, "nobody hears this")
