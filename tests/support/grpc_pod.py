"""A grpcio server or client as a program of its own, for a pod: `serve ADDRESS`, or `call ADDRESS METHOD` with a line a message.

A client that is told `unary` sends one line and waits for one answer; else each answer is printed as it comes, and the status last.
"""

import concurrent.futures
import sys

import grpc

PLACE, CHAT, WATCH, SECRET = (f"/shop.Orders/{name}" for name in ("Place", "Chat", "Watch", "Secret"))


class Echo(grpc.GenericRpcHandler):
    """Every message comes back: of Place one, of Watch three times, of others one by one."""

    def service(self, details):
        if details.method == PLACE:
            return grpc.unary_unary_rpc_method_handler(lambda message, _: message)
        if details.method == WATCH:
            return grpc.unary_stream_rpc_method_handler(lambda message, _: iter([message] * 3))
        return grpc.stream_stream_rpc_method_handler(lambda messages, _: messages)


def serve(address):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8), handlers=[Echo()])
    assert server.add_insecure_port(address)
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop(0)


def call(address, method):
    with grpc.insecure_channel(address) as channel:
        try:
            if method == PLACE:
                print("answer", channel.unary_unary(method)(sys.stdin.readline().strip().encode(), timeout=30).decode())
            else:
                for answer in channel.stream_stream(method)((line.strip().encode() for line in sys.stdin), timeout=60):
                    print("answer", answer.decode(), flush=True)
            print("status", 0, "", flush=True)
        except grpc.RpcError as error:
            print("status", error.code().value[0], error.details(), flush=True)


if __name__ == "__main__":
    {"serve": serve, "call": call}[sys.argv[1]](*sys.argv[2:])
