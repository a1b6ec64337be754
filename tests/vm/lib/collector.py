"""Takes traces as an OpenTelemetry collector does: collector.py ADDRESS:PORT FILE writes them to FILE.1, FILE.2 and so on."""
import http.server
import sys

address, port = sys.argv[1].rsplit(":", 1)
count = 0


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global count
        body = self.rfile.read(int(self.headers["Content-Length"]))
        known = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
        if known:
            count += 1
            with open(f"{sys.argv[2]}.{count}", "wb") as file:
                file.write(body)
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


http.server.HTTPServer((address, int(port)), Collector).serve_forever()
