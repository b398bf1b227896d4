package issuer

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"time"
)

// request is an authorization request that may be answered.
type request struct {
	ClientID, RedirectURI, Challenge, State, Nonce string
}

// parse reads an authorization request. What is wrong is told to the person
// and not to the address: it may be the very thing that is wrong.
func (i *Issuer) parse(v url.Values) (request, string) {
	r := request{
		ClientID: v.Get("client_id"), RedirectURI: v.Get("redirect_uri"),
		Challenge: v.Get("code_challenge"), State: v.Get("state"), Nonce: v.Get("nonce"),
	}
	switch {
	case r.ClientID == "":
		return r, "client_id is missing"
	case !i.mayReturnTo(r.RedirectURI):
		return r, "redirect_uri is not an address of the console"
	case v.Get("response_type") != "code":
		return r, "response_type must be code"
	case v.Get("code_challenge_method") != "S256" || len(r.Challenge) != 43:
		return r, "PKCE with S256 is required"
	default:
		return r, ""
	}
}

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in (demo)</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}
button{display:block;width:100%;text-align:left;font:inherit;margin:.5rem 0;padding:.75rem 1rem;cursor:pointer}
small{display:block}</style></head>
<body><main><h1>Sign in as</h1>
<p>This is the demo issuer of a local run. There are no passwords.</p>
<form method="post" action="/authorize">
{{range $name, $value := .Fields}}<input type="hidden" name="{{$name}}" value="{{$value}}">
{{end}}{{range .People}}<button name="person" value="{{.ID}}">{{.Name}}<small>{{.About}}</small></button>
{{end}}</form></main></body></html>
`

// ask shows the demo people.
func (i *Issuer) ask(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if _, wrong := i.parse(query); wrong != "" {
		http.Error(w, wrong, http.StatusBadRequest)
		return
	}
	fields := map[string]string{}
	for _, name := range []string{
		"client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "state", "nonce",
	} {
		fields[name] = query.Get(name)
	}
	t, err := template.New("page").Parse(page)
	if err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	_ = t.Execute(w, map[string]any{"Fields": fields, "People": People()}) // the client may be gone
}

// signIn sends the person back with a code.
func (i *Issuer) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	in, wrong := i.parse(r.PostForm)
	p, known := findPerson(r.PostForm.Get("person"))
	if wrong == "" && !known {
		wrong = "there is no such person"
	}
	if wrong != "" {
		http.Error(w, wrong, http.StatusBadRequest)
		return
	}
	back, err := url.Parse(in.RedirectURI)
	if err != nil {
		http.Error(w, "redirect_uri is no address", http.StatusBadRequest)
		return
	}
	query := back.Query()
	query.Set("code", i.newCode(p, in))
	query.Set("iss", i.URL)
	if in.State != "" {
		query.Set("state", in.State)
	}
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

func (i *Issuer) newCode(p Person, in request) string {
	code := rand.Text()
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	for c, g := range i.codes { // the few that nobody came for
		if now.After(g.expires) {
			delete(i.codes, c)
		}
	}
	i.codes[code] = grant{
		person: p, clientID: in.ClientID, redirectURI: in.RedirectURI,
		challenge: in.Challenge, nonce: in.Nonce, expires: now.Add(codeLifetime),
	}
	return code
}

// redeem takes a code, once.
func (i *Issuer) redeem(form url.Values) (grant, bool) {
	i.mu.Lock()
	g, ok := i.codes[form.Get("code")]
	delete(i.codes, form.Get("code"))
	i.mu.Unlock()
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	ok = ok && time.Now().Before(g.expires) &&
		g.clientID == form.Get("client_id") && g.redirectURI == form.Get("redirect_uri") &&
		subtle.ConstantTimeCompare([]byte(challenge), []byte(g.challenge)) == 1
	return g, ok
}

// token answers the console with tokens for a code.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
		return
	}
	if r.PostForm.Get("grant_type") != "authorization_code" {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
		return
	}
	g, ok := i.redeem(r.PostForm)
	if !ok {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	i.grant(w, g)
}

func (i *Issuer) grant(w http.ResponseWriter, g grant) {
	access, err := i.Token(g.person.claims())
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
		return
	}
	claims := g.person.claims()
	claims["aud"], claims["nonce"] = g.clientID, nil
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	id, err := i.Token(claims)
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "id_token": id, "token_type": "Bearer",
		"expires_in": int(tokenLifetime.Seconds()), "scope": "openid profile email",
	})
}
