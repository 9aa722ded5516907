from __future__ import annotations
def test_smoke(client):
    for path in ["/", "/users?user=u1", "/list?user=u03", "/list/cards?user=u03","/list/cards?where=year>>1","/list/reasons?user=u03&item=i01&item=i02", "/list/why?user=u03&item=i05", "/interests?user=u03","/interests/view?user=u03","/interests/view","/chat?user=u03","/compare","/compare/retrieval?user=u03","/compare/zero-shot?user=u03","/compare/tuned?user=u03","/list?user=zzz", "/static/page.css"]:
        r = client.get(path); print("=====", path, r.status_code, len(r.text)); print(r.text[:1500])
    r = client.post("/acts?user=u03", data={"item":"i01","feeling":"like"}); print(r.status_code, r.text)
    r = client.post("/acts", data={"item":"i01","feeling":"like"}); print(r.status_code, r.text, r.cookies)
    r = client.post("/chat/turns", data={"text":"a horror film"}); print(r.status_code, r.text)
    import re
    t = re.search(r"/chat/turns/([\w-]+)", r.text)[0]
    r = client.get(t); print(r.status_code, r.text, r.headers)
    r = client.get(t); print(r.status_code, r.text)
    r = client.post("/interests/say", data={"text":"no horror"}); print(r.status_code, r.text[:1000])
    r = client.post("/interests/say", data={"text":"no blub"}); print(r.status_code, r.text[:1000])
