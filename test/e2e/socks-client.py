# A SOCKS5 client that has nothing in common with ours: RFC 1928 and plain sockets. One command, one JSON line.
#   socks-client.py PROXYPORT tcp HOST PORT TEXT    connects, sends, ends, reads to the end
#   socks-client.py PROXYPORT udp HOST PORT TEXT    associates, sends one datagram, reads one
import ipaddress, json, socket, struct, sys

NAMES = {0: 'succeeded', 1: 'general failure', 2: 'not allowed', 3: 'network unreachable', 4: 'host unreachable', 5: 'refused', 6: 'TTL expired',
         7: 'command not supported', 8: 'address type not supported'}


def address(host, port):
    try:
        packed = ipaddress.ip_address(host).packed
        return bytes([1 if len(packed) == 4 else 4]) + packed + struct.pack('!H', port)
    except ValueError:
        return bytes([3, len(host)]) + host.encode() + struct.pack('!H', port)


def exactly(stream, count):
    data = b''
    while len(data) < count:
        more = stream.recv(count - len(data))
        if not more:
            raise EOFError('the proxy closed')
        data += more
    return data


def read_address(take):
    kind = take(1)[0]
    if kind == 3:
        host = take(take(1)[0]).decode()
    else:
        host = str(ipaddress.ip_address(take({1: 4, 4: 16}[kind])))
    return host, struct.unpack('!H', take(2))[0]


def ask(proxy_port, command, host, port):
    control = socket.create_connection(('127.0.0.1', proxy_port), timeout=30)
    control.sendall(bytes([5, 1, 0]))
    assert exactly(control, 2) == bytes([5, 0])
    control.sendall(bytes([5, command, 0]) + address(host, port))
    version, reply, zero = exactly(control, 3)
    assert (version, zero) == (5, 0)
    return control, reply, read_address(lambda count: exactly(control, count))


def tcp(proxy_port, host, port, text):
    control, reply, _ = ask(proxy_port, 1, host, port)
    if reply != 0:
        return {'reply': NAMES[reply]}
    control.sendall(text)
    control.shutdown(socket.SHUT_WR)
    heard = b''
    while chunk := control.recv(65536):
        heard += chunk
    return {'reply': NAMES[reply], 'heard': heard.decode()}


def udp(proxy_port, host, port, text):
    control, reply, relay = ask(proxy_port, 3, '0.0.0.0', 0)
    if reply != 0:
        return {'reply': NAMES[reply]}
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.settimeout(30)
    datagrams.sendto(bytes(3) + address(host, port) + text, relay)
    data, _ = datagrams.recvfrom(65536)
    rest = bytearray(data)

    def take(count):
        taken = bytes(rest[:count])
        del rest[:count]
        return taken

    assert take(3) == bytes(3)
    source = read_address(take)
    return {'reply': NAMES[reply], 'heard': rest.decode(), 'from': list(source)}


_, proxy_port, kind, host, port, text = sys.argv
print(json.dumps({'tcp': tcp, 'udp': udp}[kind](int(proxy_port), host, int(port), text.encode())))
