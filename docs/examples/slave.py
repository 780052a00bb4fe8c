#!/usr/bin/env python3
"""A small slave for Longshore, written from docs/protocol.md with nothing but Python's standard library.

It makes zip archives, one at a time. Register it for that, and start it with the secret that you get:

    longshore nodes add python --url http://10.0.0.7:5299 --capabilities create-archive
    LONGSHORE_SECRET=... python3 slave.py --listen 5299 --data ./slave-data
"""
import argparse, base64, hashlib, hmac, http.client, http.server, json, os, queue, re, shutil, sqlite3
import sys, tempfile, threading, time, urllib.parse, urllib.request, uuid, zipfile

REQUEST_PARTS = ["@method", "@path", "@query", "content-digest", "longshore-version", "longshore-protocol",
                 "longshore-request-id"]
ANSWER_PARTS = ["@status", "content-digest", "longshore-version", "longshore-protocol", "longshore-clock",
                "longshore-nonce"]
VERSION = "0.1.0-python"
MAX_SKEW, MAX_TTL, MAX_BODY = 60, 300, 64 * 1024 * 1024


class Refusal(Exception):
    """An error of the catalogue, docs/errors.md."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code

    def info(self):
        return {"code": self.code, "message": str(self), "hint": "", "details": {}}


# ---- Signatures -----------------------------------------------------------------------------------------------------

class Key:
    def __init__(self, secret):
        self.secret = secret.encode()
        self.id = hmac.new(self.secret, b"longshore key id", hashlib.sha256).hexdigest()[:16]

    def mac(self, base):
        return base64.b64encode(hmac.new(self.secret, base.encode(), hashlib.sha256).digest()).decode()


def digest(body):
    return "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode()


def signature_base(values, parts, parameters):
    lines = ['"%s": %s' % (part, values[part]) for part in parts]
    return "\n".join(lines + ['"@signature-params": ' + parameters])


def sign(key, values, parts):
    """The two signature headers for a message whose covered values are given, and the nonce that was used."""
    created, nonce = int(time.time()), base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
    covered = " ".join('"%s"' % part for part in parts)
    parameters = '(%s);created=%d;expires=%d;nonce="%s";alg="hmac-sha256";keyid="%s"' % (
        covered, created, created + 60, nonce, key.id)
    headers = {"signature-input": "sig=" + parameters,
               "signature": "sig=:%s:" % key.mac(signature_base(values, parts, parameters))}
    return headers, nonce


def target_values(method, target):
    path, mark, query = target.partition("?")
    return {"@method": method, "@path": path, "@query": "?" + query if mark else "?"}


def read_signature(headers, parts):
    """Label, parameters as they stand, and as a dictionary. Only the canonical form is taken."""
    given, signature = headers.get("signature-input"), headers.get("signature")
    if given is None or signature is None:
        raise Refusal(401, "SIGNATURE_MISSING", "the request is not signed")
    covered = " ".join('"%s"' % part for part in parts)
    match = re.fullmatch(r'([a-z*][a-z0-9_\-.*]*)=(\(([^)]*)\)((?:;[a-z]+=(?:\d+|"[^"\\]*"))*))', given)
    if len(given) >= 2048 or len(signature) >= 512 or not match or match.group(3) != covered:
        raise Refusal(401, "SIGNATURE_INVALID", "the signature is not in the form of this protocol")
    label, parameters = match.group(1), match.group(2)
    named = dict(re.findall(r';([a-z]+)=(?:"?)([^;"]*)', match.group(4)))
    mac = re.fullmatch(re.escape(label) + r"=:([A-Za-z0-9+/=]*):", signature)
    if mac is None or not {"created", "expires", "nonce", "keyid"} <= named.keys():
        raise Refusal(401, "SIGNATURE_INVALID", "the signature is incomplete")
    return parameters, named, mac.group(1)


def check_digest(headers, body):
    if headers.get("content-digest") != digest(body):
        raise Refusal(400, "DIGEST_MISMATCH", "the body differs from its digest")


# ---- Journal --------------------------------------------------------------------------------------------------------

class Journal:
    """Attempts, reports that are not acknowledged, nonces and the master: what must survive a power cut."""

    def __init__(self, path):
        self.lock = threading.RLock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")
        self.db.execute("create table if not exists master (id integer primary key, hello text)")
        self.db.execute("create table if not exists nonces (nonce text primary key, until integer)")
        self.db.execute("create table if not exists attempts (part text, attempt integer, body text, ended integer,"
                        " sequence integer, primary key (part, attempt))")
        self.db.execute("create table if not exists outbox (id integer primary key, part text, attempt integer,"
                        " report text)")

    def run(self, sql, *values):
        with self.lock:
            return self.db.execute(sql, values).fetchall()

    def remember_nonce(self, nonce, until):
        with self.lock:
            self.run("delete from nonces where until < ?", int(time.time()))
            if self.run("select 1 from nonces where nonce = ?", nonce):
                raise Refusal(401, "REPLAYED", "the nonce was used before")
            self.run("insert into nonces values (?, ?)", nonce, until)

    def hello(self):
        rows = self.run("select hello from master")
        return json.loads(rows[0][0]) if rows else None

    def greeted(self, hello):
        self.run("insert or replace into master values (1, ?)", json.dumps(hello))

    def accept(self, attempt):
        """`accepted` for a new one. A higher attempt of the same part ends the earlier ones."""
        part, number = attempt["partId"], attempt["attempt"]
        with self.lock:
            newest = self.run("select max(attempt) from attempts where part = ?", part)[0][0]
            if newest is not None and newest > number:
                raise Refusal(409, "LEASE_LOST", "a later attempt was taken already")
            if newest == number:
                return "known"
            self.drop(part, newest)
            self.run("insert into attempts values (?, ?, ?, 0, 0)", part, number, json.dumps(attempt))
            return "accepted"

    def drop(self, part, attempt):
        self.run("update attempts set ended = 1 where part = ? and attempt = ?", part, attempt)
        self.run("delete from outbox where part = ? and attempt = ?", part, attempt)

    def holding(self):
        rows = self.run("select part, attempt from attempts where ended = 0")
        return [{"partId": part, "attempt": attempt} for part, attempt in rows]

    def is_held(self, ref):
        return {"partId": ref["partId"], "attempt": ref["attempt"]} in self.holding()

    def report(self, ref, event):
        """Keeps a report until it is acknowledged; nothing is said of an attempt that was dropped."""
        part, attempt = ref["partId"], ref["attempt"]
        with self.lock:
            if not self.is_held(ref):
                return
            ends = event["type"] in ("completed", "failed", "canceled", "returned")
            self.run("update attempts set sequence = sequence + 1, ended = ? where part = ? and attempt = ?",
                     int(ends), part, attempt)
            sequence = self.run("select sequence from attempts where part = ? and attempt = ?", part, attempt)[0][0]
            report = {"partId": part, "attempt": attempt, "sequence": sequence, "event": event}
            self.run("insert into outbox (part, attempt, report) values (?, ?, ?)", part, attempt, json.dumps(report))


# ---- The slave ------------------------------------------------------------------------------------------------------

class Slave:
    def __init__(self, key, folder, protocol):
        os.makedirs(folder, exist_ok=True)
        self.key, self.folder, self.protocol = key, folder, protocol
        self.journal = Journal(os.path.join(folder, "journal.db"))
        self.boot_id, self.started = str(uuid.uuid4()), time.monotonic()
        self.work, self.wake, self.running, self.canceled = queue.Queue(), threading.Event(), 0, set()
        self.resumed = False
        for loop in (self.beat, self.send_reports, self.do_work):
            threading.Thread(target=loop, daemon=True).start()

    # Versions and vitals

    def check_version(self, peer):
        if (peer or "").split(".")[0] != self.protocol.split(".")[0]:
            raise Refusal(426, "VERSION_MISMATCH", "Master: %s, Slave: %s" % (peer, self.protocol))

    def vitals(self):
        disk = shutil.disk_usage(self.folder)
        page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
        return {"version": VERSION, "protocol": self.protocol, "bootId": self.boot_id,
                "uptimeMs": int((time.monotonic() - self.started) * 1000), "clockMs": int(time.time() * 1000),
                "capabilities": ["create-archive"], "workers": 1, "running": self.running,
                "queued": self.work.qsize(), "load1": os.getloadavg()[0], "cores": os.cpu_count() or 1,
                "memoryFreeBytes": page * os.sysconf("SC_AVPHYS_PAGES"), "memoryTotalBytes": page * pages,
                "rssBytes": 0,
                "temp": {"path": self.folder, "freeBytes": disk.free, "totalBytes": disk.total}}

    # Requests to the master

    def call(self, method, path, body=None, url=None):
        """One signed request to the first address of the master that answers, and its verified answer."""
        failure = None
        for base in [url] if url else self.journal.hello()["masterUrls"]:
            try:
                return self.call_at(base.rstrip("/"), method, path, body)
            except (OSError, http.client.HTTPException) as error:
                failure = error
        raise failure

    def call_at(self, base, method, path, body):
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"content-digest": digest(content), "longshore-version": VERSION,
                   "longshore-protocol": self.protocol, "longshore-request-id": str(uuid.uuid4())}
        signature, nonce = sign(self.key, {**target_values(method, path), **headers}, REQUEST_PARTS)
        with connect(base, 15) as connection:
            connection.request(method, path, content if method == "POST" else None,
                               {**headers, **signature, "content-type": "application/json"})
            answer = connection.getresponse()
            text, got = answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        if "signature" not in got:
            raise Refusal(answer.status, "UNSIGNED", text[:200].decode(errors="replace"))
        parameters, named, mac = read_signature(got, ANSWER_PARTS)
        values = {"@status": answer.status, **{part: got.get(part) for part in ANSWER_PARTS[1:]}}
        expected = self.key.mac(signature_base(values, ANSWER_PARTS, parameters))
        if named["keyid"] != self.key.id or not hmac.compare_digest(mac, expected) or got["longshore-nonce"] != nonce:
            raise Refusal(401, "SIGNATURE_INVALID", "the answer is not the master's answer to this request")
        check_digest(got, text)
        data = json.loads(text)
        if answer.status >= 400:
            raise Refusal(answer.status, data["error"]["code"], data["error"]["message"])
        return data

    # Loops

    def beat(self):
        while True:
            hello = self.journal.hello()
            if hello is None:
                self.wake.wait(0.2)
                continue
            holding = self.journal.holding()
            try:
                answer = self.call("POST", "/node/v1/heartbeat", {"vitals": self.vitals(), "holding": holding})
                self.stop([{**ref, "reason": "lease-lost"} for ref in answer["lost"]] +
                          [{**ref, "reason": "user"} for ref in answer["canceled"]])
                self.resume()
            except Refusal as refusal:
                log("heartbeat refused: %s: %s" % (refusal.code, refusal))
                if refusal.code == "SLAVE_DUPLICATE":
                    self.stop([{**ref, "reason": "lease-lost"} for ref in holding])
            except (OSError, http.client.HTTPException) as error:
                log("heartbeat not sent: %s" % error)
            time.sleep(hello["heartbeatMs"] / 1000)

    def resume(self):
        """What a restart has left goes on once a heartbeat that named it met no objection."""
        if self.resumed:
            return
        self.resumed = True
        for (body,) in self.journal.run("select body from attempts where ended = 0"):
            self.work.put(json.loads(body))

    def send_reports(self):
        delay = 0.2
        while True:
            rows = self.journal.run("select id, part, attempt, report from outbox order by id limit 100")
            if not rows:
                self.wake.wait(0.05)
                continue
            try:
                batch = {"reports": [json.loads(report) for _, _, _, report in rows]}
                if float(self.protocol.split(".")[1]) >= 1:
                    batch["bootId"] = self.boot_id
                verdicts = self.call("POST", "/node/v1/reports", batch)["verdicts"]
                for (row, part, attempt, _), verdict in zip(rows, verdicts):
                    self.journal.run("delete from outbox where id = ?", row)
                    if verdict == "lease-lost":
                        self.journal.drop(part, attempt)
                delay = 0.2
            except (Refusal, OSError, http.client.HTTPException) as error:
                log("reports not sent: %s" % error)
                time.sleep(delay)
                delay = min(delay * 2, 15)

    def stop(self, attempts):
        """Stops attempts and names those that were never taken."""
        unknown = []
        for attempt in attempts:
            ref = {"partId": attempt["partId"], "attempt": attempt["attempt"]}
            if not self.journal.is_held(ref):
                unknown.append(ref)
            elif attempt["reason"] == "lease-lost":
                self.journal.drop(ref["partId"], ref["attempt"])
            else:
                self.journal.report(ref, {"type": "canceled"})
        return unknown

    def do_work(self):
        while True:
            attempt = self.work.get()
            if not self.journal.is_held(attempt):
                continue
            self.running = 1
            try:
                self.journal.report(attempt, {"type": "started", "try": 1})
                self.journal.report(attempt, {"type": "completed", "progress": self.make_zip(attempt)})
            except Refusal as refusal:
                self.journal.report(attempt, {"type": "failed", "error": refusal.info()})
            except Exception as error:
                log("attempt failed: %r" % error)
                failure = Refusal(502, "TRANSFER_FAILED", str(error))
                self.journal.report(attempt, {"type": "failed", "error": failure.info()})
            finally:
                self.running = 0

    # The work itself

    def make_zip(self, attempt):
        work = attempt["work"]
        if work["kind"] != "create-archive" or work["format"] != "zip" or work["password"] is not None:
            raise Refusal(422, "ARCHIVE_UNSUPPORTED", "this slave makes zip archives without a password")
        stored = work["level"] == 0
        entries = done = 0
        with tempfile.TemporaryFile(dir=self.folder) as spool:
            with zipfile.ZipFile(spool, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
                for source in self.sources(attempt):
                    info = zipfile.ZipInfo(source["path"], time.localtime(source["modifiedAtMs"] / 1000)[:6])
                    info.external_attr = source["mode"] << 16
                    info.compress_type = archive.compression
                    if source["kind"] == "folder":
                        info.filename += "/"
                        archive.writestr(info, b"")
                    else:
                        with archive.open(info, "w", force_zip64=True) as target:
                            done += self.read_blob(attempt, source["access"], target)
                    entries += 1
            size = spool.tell()
            spool.seek(0)
            blob = self.write_blob(attempt["output"], spool, size)
        output = {"kind": "file", "index": 0, "path": "archive.zip", "modifiedAtMs": int(time.time() * 1000),
                  "mode": 0o644, **blob}
        self.journal.report(attempt, {"type": "outputs", "outputs": [output]})
        return {"phase": "done", "bytesDone": done, "bytesTotal": done, "entriesDone": entries,
                "entriesTotal": entries}

    def sources(self, attempt):
        path = "/node/v1/parts/%s/attempts/%d/sources" % (attempt["partId"], attempt["attempt"])
        page = attempt.get("sources") or self.call("GET", path)
        while True:
            yield from page["sources"]
            if page["next"] is None:
                return
            page = self.call("GET", path + "?cursor=" + urllib.parse.quote(page["next"], safe=""))

    def absolute(self, url):
        return urllib.parse.urljoin(self.journal.hello()["masterUrls"][0].rstrip("/") + "/", url)

    def read_blob(self, attempt, access, target):
        request = urllib.request.Request(self.absolute(access["url"]),
                                         headers={"authorization": "Bearer " + access["ticket"]})
        sha, size = hashlib.sha256(), 0
        with urllib.request.urlopen(request, timeout=60) as response:
            while chunk := response.read(1 << 16):
                if not self.journal.is_held(attempt):
                    raise Refusal(409, "CANCELED", "the attempt was stopped")
                sha.update(chunk)
                size += len(chunk)
                target.write(chunk)
        if size != access["sizeBytes"] or sha.hexdigest() != access["sha256"]:
            raise Refusal(422, "SOURCE_CHANGED", "a source is not what it was")
        return size

    def write_blob(self, output, spool, size):
        blob_id, sha = str(uuid.uuid4()), hashlib.sha256()

        def chunks():
            while chunk := spool.read(1 << 16):
                sha.update(chunk)
                yield chunk

        request = urllib.request.Request(self.absolute(output["url"]) + "/" + blob_id, method="PUT", data=chunks(),
                                         headers={"authorization": "Bearer " + output["ticket"],
                                                  "content-length": str(size)})
        with urllib.request.urlopen(request, timeout=60) as response:
            stored = json.loads(response.read())
        if stored["sha256"] != sha.hexdigest() or stored["sizeBytes"] != size:
            raise Refusal(422, "CHECKSUM_MISMATCH", "the store has other bytes than were sent")
        return {"blobId": blob_id, "sizeBytes": size, "sha256": sha.hexdigest()}

    # Requests of the master

    def hello(self, hello):
        self.journal.greeted(hello)
        self.wake.set()
        return 200, {"vitals": self.vitals()}

    def attempts(self, dispatch):
        results = []
        for attempt in dispatch["attempts"]:
            result = {"partId": attempt["partId"], "attempt": attempt["attempt"], "verdict": "refused", "error": None}
            try:
                result["verdict"] = self.journal.accept(attempt)
                if result["verdict"] == "accepted":
                    self.work.put(attempt)
            except Refusal as refusal:
                result["error"] = refusal.info()
            results.append(result)
        return 202 if any(r["verdict"] == "accepted" for r in results) else 200, {"results": results}

    def cancel(self, request):
        return 202, {"unknown": self.stop(request["attempts"])}

    def self_test(self, test):
        callbacks = []
        for url in test["masterUrls"]:
            started, error, evidence = time.monotonic(), None, "the master answered"
            try:
                self.call("POST", "/node/v1/callback", {}, url)
            except (Refusal, OSError, http.client.HTTPException) as failure:
                refusal = failure if isinstance(failure, Refusal) else Refusal(502, "CALLBACK_FAILED", str(failure))
                error, evidence = refusal.info(), str(refusal)
            took = (time.monotonic() - started) * 1000
            callbacks.append({"url": url, "ok": error is None, "evidence": evidence, "error": error,
                              "durationMs": took})
        try:
            with tempfile.TemporaryFile(dir=self.folder) as file:
                file.write(b"x" * 4096)
            temp = {"ok": True, "evidence": "wrote 4096 bytes in " + self.folder, "error": None}
        except OSError as failure:
            error = Refusal(500, "TEMP_NOT_WRITABLE", str(failure)).info()
            temp = {"ok": False, "evidence": str(failure), "error": error}
        return 200, {"vitals": self.vitals(), "callbacks": callbacks, "temp": temp}


def connect(base, timeout):
    url = urllib.parse.urlsplit(base)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname, url.port, timeout=timeout)

    class Closing:
        def __enter__(self):
            return connection

        def __exit__(self, *_):
            connection.close()

    return Closing()


def handler(slave):
    routes = {"/slave/v1/hello": slave.hello, "/slave/v1/attempts": slave.attempts,
              "/slave/v1/attempts/cancel": slave.cancel, "/slave/v1/self-test": slave.self_test}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path == "/healthz":
                return self.answer(200, {"ok": True}, None)
            self.serve("GET")

        def do_POST(self):
            self.serve("POST")

        def serve(self, method):
            nonce = None
            try:
                nonce = self.verify(method)
                body = self.read_body()
                route = routes.get(self.path)
                if route is None or method != "POST":
                    raise Refusal(404, "NOT_FOUND", "there is no %s %s" % (method, self.path))
                status, answer = route(json.loads(body))
            except Refusal as refusal:
                request_id = self.headers.get("longshore-request-id", "")
                status, answer = refusal.status, {"error": {**refusal.info(), "requestId": request_id}}
            self.answer(status, answer, nonce)

        def verify(self, method):
            """Steps 1 to 6 of the page. What fails here is answered without a signature."""
            headers = {name.lower(): value for name, value in self.headers.items()}
            slave.check_version(headers.get("longshore-protocol"))
            parameters, named, mac = read_signature(headers, REQUEST_PARTS)
            if named["keyid"] != slave.key.id:
                raise Refusal(401, "KEY_UNKNOWN", "the key %s is not known here" % named["keyid"])
            now, created, expires = time.time(), int(named["created"]), int(named["expires"])
            if abs(now - created) > MAX_SKEW:
                raise Refusal(401, "CLOCK_SKEW", "the clocks differ by %d s" % (created - now))
            if not 1 <= expires - created <= MAX_TTL:
                raise Refusal(401, "SIGNATURE_INVALID", "the signature is valid for too long")
            if expires < now:
                raise Refusal(401, "SIGNATURE_EXPIRED", "the signature has expired")
            values = {**target_values(method, self.path), **{part: headers.get(part) for part in REQUEST_PARTS[3:]}}
            if not hmac.compare_digest(mac, slave.key.mac(signature_base(values, REQUEST_PARTS, parameters))):
                raise Refusal(401, "SIGNATURE_INVALID", "the signature is wrong")
            slave.journal.remember_nonce(named["nonce"], expires + 1 + 2 * MAX_SKEW)
            return named["nonce"]

        def read_body(self):
            length = int(self.headers.get("content-length", "0"))
            if length > MAX_BODY:
                raise Refusal(413, "BODY_TOO_LARGE", "the body is larger than %d bytes" % MAX_BODY)
            body = self.rfile.read(length)
            check_digest({"content-digest": self.headers.get("content-digest")}, body)
            return body

        def answer(self, status, data, nonce):
            content = json.dumps(data).encode()
            headers = {"content-type": "application/json", "content-length": str(len(content))}
            if nonce is not None:
                plain = {"content-digest": digest(content), "longshore-version": VERSION,
                         "longshore-protocol": slave.protocol, "longshore-clock": str(int(time.time() * 1000)),
                         "longshore-nonce": nonce}
                signature, _ = sign(slave.key, {"@status": status, **plain}, ANSWER_PARTS)
                headers.update(plain, **signature)
            else:
                self.close_connection = True
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    return Handler


def log(message):
    print(message, file=sys.stderr, flush=True)


def main():
    options = argparse.ArgumentParser(description="A small slave for Longshore that makes zip archives.")
    options.add_argument("--listen", type=int, default=5299, help="port")
    options.add_argument("--data", default="slave-data", help="folder of the journal and of temporary files")
    options.add_argument("--protocol", default="1.1", help="the protocol version to speak")
    given = options.parse_args()
    slave = Slave(Key(os.environ["LONGSHORE_SECRET"]), given.data, given.protocol)
    server = http.server.ThreadingHTTPServer(("", given.listen), handler(slave))
    server.daemon_threads = True
    print("listens on port %d" % server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
