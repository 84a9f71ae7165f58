"""Looks for a service on the local network, as Home Assistant does, and prints its port, or null after ten seconds."""

import json
import sys
import threading

from zeroconf import ServiceBrowser, Zeroconf

KIND = "_wyoming._tcp.local."
name = f"{sys.argv[1]}.{KIND}"
found = threading.Event()


class Listener:
    def add_service(self, _zeroconf, _kind, service):
        if service == name:
            found.set()

    def update_service(self, *_):
        pass

    def remove_service(self, *_):
        pass


zeroconf = Zeroconf()
ServiceBrowser(zeroconf, KIND, Listener())
info = zeroconf.get_service_info(KIND, name) if found.wait(10) else None
print(json.dumps(info and info.port))
zeroconf.close()
