#!/usr/bin/env python3
"""notmuch_hits.py SEARCH_BENCH DATA QUERIES [MOST]: compares what davenport and `notmuch search` (NOTMUCH_CONFIG) find, and says why they
differ. A difference of a query is explained by the words, phrases or dates in it on which the two differ for that message;
what a message has of them, and where, says why. Of each query at most MOST differences are looked into (all)."""
import collections
import email
import email.policy
import functools
import re
import subprocess
import sys
import tempfile
import unicodedata

ATOM = re.compile(r'date:\S+|(?:from|subject|filename):\S+|"[^"]*"|[a-z]+\*?')


def notmuch(*arguments):
    return subprocess.run(["notmuch", *arguments], check=True, capture_output=True, text=True).stdout


def found_by_notmuch(query):
    if query.startswith("filename:"):
        query = "attachment:" + query[len("filename:"):]
    return {line[3:] for line in notmuch("search", "--output=messages", "--", query).splitlines()}


def atoms_of(query):
    return [atom for atom in ATOM.findall(query) if atom not in ("AND", "OR", "NOT")]


def plain(text):
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in text if not unicodedata.combining(c))


def words(text):
    """As davenport cuts them: letters and digits."""
    return re.findall(r"[^\W_]+", plain(text))


def xapian_words(text):
    """As Xapian cuts them: "_" is a letter; an apostrophe, "&" and "." between digits join."""
    return re.findall(r"\w+(?:['’&·]\w+|(?<=\d)[.,;]\d\w*)*", text.lower())


def decoded(part):
    data = part.get_payload(decode=True) or b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "latin-1"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("latin-1")


class Message:
    """The places of a message where words may be."""

    def __init__(self, files):
        self.files = len(files)
        self.places = collections.defaultdict(str)
        for file in files:
            with open(file, "rb") as stream:
                self.read(email.message_from_bytes(stream.read(), policy=email.policy.compat32))

    def header(self, message, name):
        values = []
        for value in message.get_all(name, []):
            try:
                values.append(str(email.header.make_header(email.header.decode_header(value))))
            except (LookupError, UnicodeError, ValueError):
                values.append(str(value))
        return "\n".join(values)

    def read(self, message):
        for name in ("From", "To", "Cc", "Bcc", "Subject"):
            self.places[name.lower()] += self.header(message, name) + "\n"
        self.date = message.get("Date", "")
        self.received = message.get("Received", "")
        for part in message.walk():
            kind = part.get_content_type()
            self.places["media types"] += kind + "\n"
            if part.is_multipart():
                continue
            name = part.get_filename() or ""
            is_signature = kind in ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
            self.places["names of signatures" if is_signature else "filename"] += name + "\n"
            if "attachment" in (part.get("Content-Disposition") or "").lower():
                self.places["attachments"] += decoded(part)
            elif kind == "text/html":
                self.places["html"] += re.sub(r"<[^>]*>", " ", decoded(part))
            elif kind == "text/plain":
                self.places["text"] += decoded(part)
            elif kind.startswith("text/"):
                self.places["other text"] += decoded(part)
            else:
                self.places["attachments"] += decoded(part)[:1_000_000]

    @functools.lru_cache(maxsize=None)
    def cut_by(self, cut):
        """The words of each place, with a space before and after each, so that side by side is in one text."""
        return {place: " " + " ".join(cut(text)) + " " for place, text in self.places.items()}

    def where(self, atom, cut):
        """Places that have the words of an atom side by side, exactly as they are cut by `cut`."""
        wanted = " " + " ".join(cut(atom.strip('"').rstrip("*"))) + ("" if atom.endswith("*") else " ")
        return [place for place, text in self.cut_by(cut).items() if wanted in text]


@functools.lru_cache(maxsize=None)
def files_by_id():
    files = collections.defaultdict(list)
    for file in notmuch("search", "--output=files", "--", "*").splitlines():
        with open(file, "rb") as stream:
            found = re.search(rb"^Message-ID:\s*<([^>\n]*)>", stream.read(50_000), re.IGNORECASE | re.MULTILINE)
        if found:
            files[found.group(1).decode("latin-1").strip()].append(file)
    return files


@functools.lru_cache(maxsize=None)
def message_of(message_id):
    """Nothing where there is no such Message-ID."""
    files = files_by_id().get(message_id)
    return Message(files) if files else None


def without_ending(word):
    """Short words such as "used" and "using" share too few letters to be compared by them."""
    return re.sub(r"(?<=..)(ing|ed|es|s|e)$", "", word)


def same_stem(a, b):
    if without_ending(a) == without_ending(b):
        return True
    shared = 0
    while shared < min(len(a), len(b)) and a[shared] == b[shared]:
        shared += 1
    return shared >= 5 or (shared >= 3 and shared >= min(len(a), len(b)) - 3)


@functools.lru_cache(maxsize=None)
def tagged_attachment():
    return found_by_notmuch("tag:attachment")


def reason(atom, message_id, message, by_davenport):
    field, _, rest = atom.rpartition(":")
    if field == "date":
        return "date: notmuch goes by the Date header, davenport by when the message was received"
    ours, theirs = message.where(rest, words), message.where(rest, xapian_words)
    if field:
        if by_davenport and field in ours and field not in theirs:
            return "words are cut otherwise: “_” separates in davenport"
        if field == "filename" and by_davenport and field in theirs:
            return "names of parts that are to be shown inline: notmuch takes those of attachments"
        if message.files > 1:
            return "several files of one Message-ID"
        if field not in ours and any(same_stem(word, rest) for word in message.cut_by(words)[field].split()):
            return f"forms of words in {field}: " + ("davenport" if by_davenport else "notmuch") + " finds them"
        return f"unexplained ({field})"
    body = {"text", "other text", "html", "from", "to", "cc", "bcc", "subject", "filename"}
    if by_davenport:
        if set(ours) & body and not set(theirs) & body:
            return "words are cut otherwise: “_”, “&” and the like separate in davenport"
        if "names of signatures" in ours and not set(ours) & body:
            return "names of signatures: notmuch does not read them"
        if "attachments" in ours and not set(ours) & body:
            return "words of attachments: notmuch reads none"
        if not ours and "application/" in message.places["media types"]:
            return "words of attached documents (PDF, archives of text …), which are not read here either"
    else:
        if set(theirs) & body and not set(ours) & body:
            return "words are cut otherwise: “_”, “&” and the like join in notmuch"
        if "media types" in theirs and not set(theirs) & body:
            return "media types are words to notmuch"
        if theirs == ["html"] or ("html" in theirs and "text" not in theirs):
            return "HTML beside plain text: davenport reads one of two alternatives"
        if theirs == ["attachments"]:
            return "inline parts of other types"
    if rest.endswith("*") and "attachment".startswith(rest[:-1]) and message_id in tagged_attachment():
        return "notmuch's tag “attachment” is a word that begins so"
    if not by_davenport and rest.endswith("*") and message_id.lower().startswith(rest[:-1]):
        return "notmuch's Message-ID is a word that begins so"
    if message.files > 1:
        return "several files of one Message-ID"
    if not ours and not theirs and " " not in rest and "*" not in rest:
        near = [word for text in message.cut_by(words).values() for word in text.split() if same_stem(word, rest)]
        if near:
            return "another form of the word: stemmed in " + (
                "the message's language" if by_davenport else "English whatever the language")
    return "unexplained (found in %s)" % ", ".join(sorted(set(ours) | set(theirs)) or ["nothing"])


def found_by_davenport(search_bench, data, queries):
    with tempfile.NamedTemporaryFile("w", suffix=".queries") as file:
        file.writelines(f"any\t{query}\n" for query in queries)
        file.flush()
        lines = subprocess.run([search_bench, data, "--queries", file.name, "--hits"], check=True, capture_output=True,
                               text=True).stdout.splitlines()
    return {query: set(ids.split()) for query, _, ids in (line.partition("\t") for line in lines)}


def main():
    search_bench, data, file = sys.argv[1:4]
    most = int(sys.argv[4]) if len(sys.argv) > 4 else None
    with open(file, encoding="utf-8") as lines:
        queries = list(dict.fromkeys(line.rstrip("\n").partition("\t")[2] for line in lines))
    atoms = {atom for query in queries for atom in atoms_of(query)}
    hits = found_by_davenport(search_bench, data, list(dict.fromkeys(queries + sorted(atoms))))
    compared = agreeing = total = only = 0
    differences = collections.defaultdict(list)
    atom_hits = {}
    for query in queries:
        theirs, ours = found_by_notmuch(query), hits[query]
        compared += 1
        total += len(ours | theirs)
        agreeing += ours == theirs
        only += len(ours ^ theirs)
        for each in sorted(ours ^ theirs)[:most]:
            message = message_of(each)
            if message is None:
                differences["a Message-ID that is no plain one"].append((query, each))
                continue
            reasons = set()
            for atom in atoms_of(query):
                if atom not in atom_hits:
                    atom_hits[atom] = found_by_notmuch(atom)
                if (each in hits[atom]) != (each in atom_hits[atom]):
                    reasons.add(reason(atom, each, message, each in hits[atom]))
            for why in reasons or {"unexplained (no word differs)"}:
                differences[why].append((query, each))
    print(f"{compared} queries, {agreeing} with the same hits; {total} hits, {only} of them in one of the two only")
    for why, pairs in sorted(differences.items(), key=lambda item: -len(item[1])):
        queries = collections.Counter(query for query, _ in pairs)
        query, each = pairs[0]
        print(f"{len(pairs):6} hits of {len(queries):3} queries: {why}; as {query} in <{each}>")


if __name__ == "__main__":
    main()
