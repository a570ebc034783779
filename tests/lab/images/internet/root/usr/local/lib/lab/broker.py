# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open WebSockets with the subprotocol amqp, and say nothing on them, as a broker does whose client does not begin."""

import asyncio

import websockets


async def hold(connection):
    await connection.wait_closed()


async def main():
    async with websockets.serve(hold, "127.0.0.1", 5671, subprotocols=["amqp"], ping_interval=None):
        await asyncio.Future()


asyncio.run(main())
