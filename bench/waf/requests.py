"""The requests whose cost is compared: ordinary traffic, of which no rule takes notice."""

import base64
import urllib.parse

from measure import JSON_BODY

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
PLAIN = [["Host", "shop.example"], ["User-Agent", AGENT], ["Accept", "*/*"]]
BROWSER = [
    ["Host", "shop.example"], ["Connection", "keep-alive"], ["Cache-Control", "max-age=0"],
    ["Upgrade-Insecure-Requests", "1"], ["User-Agent", AGENT],
    ["Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"],
    ["Sec-Fetch-Site", "same-origin"], ["Sec-Fetch-Mode", "navigate"], ["Sec-Fetch-User", "?1"], ["Sec-Fetch-Dest", "document"],
    ["Referer", "https://shop.example/catalogue/lamps?page=2&sort=price"], ["Accept-Encoding", "gzip, deflate, br"],
    ["Accept-Language", "en-GB,en;q=0.9,de;q=0.8"],
    ["Cookie", "session=4f9a1c77d2e84b0fa3c6; theme=dark; lang=en; _ga=GA1.2.1254879632.1716280000; basket=3; consent=2024-05-21"],
]
FORM = [("first_name", "Grace"), ("last_name", "Hopper"), ("email", "grace@example.org"), ("street", "1 Harbour Road"),
        ("city", "Arlington"), ("postcode", "22202"), ("country", "US"), ("phone", "5550142"), ("newsletter", "yes"),
        ("comment", "Please leave the parcel with the neighbour on the second floor, thank you")]
JSON_170 = '{"order":4711,"customer":"Grace Hopper","lines":[{"sku":"A-0001","count":1},{"sku":"A-0002","count":2}],"note":"'
JSON_170 += "n" * (170 - len(JSON_170) - 2) + '"}'
PARAGRAPH = "<p>The lamp stands on a round foot of brushed steel and takes a common bulb. It ships within three days.</p>\n"
PAGE = "<!DOCTYPE html>\n<html><head><title>Lamps</title></head><body>\n" + PARAGRAPH * 80
PAGE = PAGE[:8192 - len("</body></html>\n")] + "</body></html>\n"


def _answer(body=b"", kind="text/plain"):
    headers = [["Content-Type", kind], ["Content-Length", str(len(body))]]
    return {"status": 200, "headers": headers, "body_b64": base64.b64encode(body).decode()}


def _get(name, uri, headers, answer=None):
    return {"id": name, "method": "GET", "uri": uri, "version": "HTTP/1.1", "headers": headers, "body_b64": "",
            "response": answer or _answer()}


def _post(name, uri, kind, body):
    headers = [*PLAIN, ["Content-Type", kind], ["Content-Length", str(len(body))]]
    return {"id": name, "method": "POST", "uri": uri, "version": "HTTP/1.1", "headers": headers,
            "body_b64": base64.b64encode(body.encode()).decode(), "response": _answer()}


ROWS = (
    _get("simple GET", "/index.html", PLAIN),
    _get("browser GET", "/catalogue/lamps/desk?page=3&sort=price&view=grid", BROWSER),
    _post("form, 10 parameters", "/checkout", "application/x-www-form-urlencoded", urllib.parse.urlencode(FORM)),
    _post("JSON, 170 B", "/api/orders", "application/json", JSON_170),
    _post("JSON, 430 B", "/api/orders", "application/json", JSON_BODY),
    _post("one argument, 10 KB", "/upload", "application/x-www-form-urlencoded", "text=" + "a" * 10240),
    _get("HTML answer, 8 KB", "/catalogue/lamps", PLAIN, _answer(PAGE.encode(), "text/html")),
)
