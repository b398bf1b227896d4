package host_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/issuer"
)

func TestAnEventHasTheShapeOfFormat2(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		b.BaseURL()+"/open/a%20b?x=1&y=%C3%BC&x=2", strings.NewReader(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{
		"Content-Type": {"application/json"}, "Cookie": {"a=1; b=2"}, "X-Twice": {"1", "2"}, "User-Agent": {"tester"},
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // decoded below
	var got map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(b.BaseURL(), "http://")
	_, port, _ := strings.Cut(address, ":")
	want := map[string]any{
		"version": "2.0", "routeKey": "POST /open/{what}", "rawPath": "/open/a%20b", "rawQueryString": "x=1&y=%C3%BC&x=2",
		"cookies": []any{"a=1", "b=2"},
		"headers": map[string]any{
			"host": address, "content-type": "application/json", "content-length": "7", "x-twice": "1,2",
			"user-agent": "tester", "accept-encoding": "gzip",
			"x-forwarded-for": "127.0.0.1", "x-forwarded-port": port, "x-forwarded-proto": "http",
		},
		"queryStringParameters": map[string]any{"x": "1,2", "y": "ü"},
		"pathParameters":        map[string]any{"what": "a b"},
		"requestContext": map[string]any{
			"accountId": "000000000000", "apiId": "httpapi", "domainName": address, "domainPrefix": "127",
			"http": map[string]any{
				"method": "POST", "path": "/open/a%20b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "tester",
			},
			"routeKey": "POST /open/{what}", "stage": "$default",
		},
		"body": `{"a":1}`, "isBase64Encoded": false,
	}
	changing := cmpopts.IgnoreMapEntries(func(k string, _ any) bool {
		return k == "requestId" || k == "time" || k == "timeEpoch"
	})
	if diff := cmp.Diff(want, got, changing); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	at, err := time.Parse("02/Jan/2006:15:04:05 -0700", got["requestContext"].(map[string]any)["time"].(string))
	if err != nil || time.Since(at) > time.Minute {
		t.Errorf("time %v: %v", at, err)
	}
}

func TestABodyThatIsNoTextIsEncoded(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	status, answer := b.send(t, http.MethodPost, "/open/x", "", strings.NewReader("\xff\x00"))
	var e struct {
		Body            string
		IsBase64Encoded bool
	}
	if err := json.Unmarshal([]byte(answer), &e); err != nil {
		t.Fatalf("%d %s: %v", status, answer, err)
	}
	if !e.IsBase64Encoded || e.Body != "/wA=" {
		t.Errorf("body %q, encoded %v", e.Body, e.IsBase64Encoded)
	}
}

func TestAnAnswerMayHaveCookiesAndBytes(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	resp, err := http.Get(b.BaseURL() + "/open/cookies") //nolint:noctx // the host's own time-out ends it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // three bytes
	var body [4]byte
	n, _ := resp.Body.Read(body[:])
	if resp.StatusCode != http.StatusCreated || string(body[:n]) != "\x00\x01\x02" {
		t.Errorf("%d %x", resp.StatusCode, body[:n])
	}
	if diff := cmp.Diff([]string{"a=1", "b=2"}, resp.Header["Set-Cookie"]); diff != "" {
		t.Errorf("cookies (-want +got):\n%s", diff)
	}
}

func TestTheGatewayAnswersByItself(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	large := strings.NewReader(strings.Repeat("x", 10<<20+1))
	for _, c := range []struct {
		name, method, path string
		body               *strings.Reader
		status             int
		message            string
	}{
		{"no route", "GET", "/nothing", nil, 404, "Not Found"},
		{"the root", "GET", "/", nil, 404, "Not Found"},
		{"another method", "DELETE", "/open/x", nil, 404, "Not Found"},
		{"an empty parameter", "GET", "/open/", nil, 404, "Not Found"},
		{"more segments", "GET", "/open/x/y", nil, 404, "Not Found"},
		{"too large", "POST", "/open/x", large, 413, "Request Entity Too Large"},
		{"too slow", "GET", "/short/nap", nil, 503, "Service Unavailable"},
	} {
		var status int
		var body string
		if c.body != nil {
			status, body = b.send(t, c.method, c.path, "", c.body)
		} else {
			status, body = b.send(t, c.method, c.path, "", nil)
		}
		if want := `{"message":"` + c.message + `"}`; status != c.status || body != want {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, body, c.status, want)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	now := time.Now()
	person := func(more map[string]any) map[string]any {
		claims := map[string]any{"sub": "a", "roles": []string{"admin", "member"}, "n": 12}
		maps.Copy(claims, more)
		return claims
	}
	other, err := issuer.Start(issuer.Config{Listener: listen(t), Audience: "ours"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, other.Close) })
	good := sign(t, b.issuer, person(nil))
	for _, c := range []struct {
		name, token string
		status      int
	}{
		{"none", "", 401},
		{"nonsense", "abc.def.ghi", 401},
		{"valid", good, 200},
		{"a client id for an audience", sign(t, b.issuer, person(map[string]any{"aud": nil, "client_id": "ours"})), 200},
		{"one of several audiences", sign(t, b.issuer, person(map[string]any{"aud": []string{"x", "ours"}})), 200},
		{"another audience", sign(t, b.issuer, person(map[string]any{"aud": "theirs"})), 401},
		{"another issuer in the claims", sign(t, b.issuer, person(map[string]any{"iss": "http://127.0.0.1:1"})), 401},
		{"another issuer's key", sign(t, other, person(map[string]any{"iss": b.issuer.URL})), 401},
		{"expired", sign(t, b.issuer, person(map[string]any{"exp": now.Add(-time.Second).Unix()})), 401},
		{"without expiry", sign(t, b.issuer, person(map[string]any{"exp": nil})), 401},
		{"not yet valid", sign(t, b.issuer, person(map[string]any{"nbf": now.Add(time.Hour).Unix()})), 401},
		{"issued in the future", sign(t, b.issuer, person(map[string]any{"iat": now.Add(time.Hour).Unix()})), 401},
		{"changed claims", changed(t, good), 401},
		{"algorithm none", forged(t, `{"alg":"none"}`, good), 401},
		{"a shared secret", hmacForged(t, b.issuer), 401},
		{"the right key, an unknown id", unknownKid(t, b), 401},
		{"the right key, no id", signWith(t, b.issuer, jose.RS256, issuersKey(t, b), ""), 401},
		{"the right key id, another key", kidForged(t, b.issuer, good), 401},
	} {
		status, body := b.get(t, "/v1/x", c.token)
		if status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.status)
		}
		if status == 401 && body != `{"message":"Unauthorized"}` {
			t.Errorf("%s: body %s", c.name, body)
		}
	}
	checkClaims(t, b, good)
}

// checkClaims: API Gateway hands claims over as texts.
func checkClaims(t *testing.T, b *bench, token string) {
	t.Helper()
	var e struct {
		RequestContext struct {
			Authorizer struct {
				JWT struct {
					Claims map[string]string
					Scopes []string
				}
			}
		}
	}
	_, body := b.get(t, "/v1/x", token)
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	claims := e.RequestContext.Authorizer.JWT.Claims
	want := map[string]string{"sub": "a", "roles": "[admin member]", "n": "12", "aud": "ours", "iss": b.issuer.URL}
	timed := cmpopts.IgnoreMapEntries(func(k, _ string) bool { return k == "exp" || k == "iat" || k == "nbf" })
	if diff := cmp.Diff(want, claims, timed); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if len(claims["exp"]) != 10 {
		t.Errorf("exp is %q", claims["exp"])
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for scope, want := range map[string]int{"": 403, "records.write": 403, "x records.read": 200} {
		status, body := b.get(t, "/v1/scoped", sign(t, b.issuer, map[string]any{"scope": scope}))
		if status != want || status == 403 && body != `{"message":"Forbidden"}` {
			t.Errorf("scope %q: %d %s, want %d", scope, status, body, want)
		}
	}
}

// TestAFloodOfUnknownKeysAsksTheIssuerOnce covers both the limit and that a
// real key is still found.
func TestAKeyThatIsUnknownAtFirstIsFound(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *host.Config) { c.Concurrency = map[string]int{"api": 1} })
	other, err := issuer.Start(issuer.Config{Listener: listen(t), Audience: "ours"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, other.Close) })
	stranger := sign(t, other, map[string]any{"iss": b.issuer.URL})
	if status, _ := b.get(t, "/v1/x", stranger); status != 401 {
		t.Fatalf("a stranger's key: %d", status)
	}
	if status, _ := b.get(t, "/v1/x", sign(t, b.issuer, nil)); status != 200 {
		t.Errorf("the issuer's key: %d", status)
	}
}

func sign(t *testing.T, i *issuer.Issuer, claims map[string]any) string {
	t.Helper()
	token, err := i.Token(claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// changed swaps the payload under a valid signature.
func changed(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), `"sub":"a"`, `"sub":"b"`, 1)))
	return strings.Join(parts, ".")
}

// forged puts another header before the same payload, unsigned.
func forged(t *testing.T, header, token string) string {
	t.Helper()
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + strings.Split(token, ".")[1] + "."
}

// hmacForged signs with the public key as if it were a shared secret.
func hmacForged(t *testing.T, i *issuer.Issuer) string {
	t.Helper()
	resp, err := http.Get(i.URL + "/jwks.json") //nolint:noctx // local and short
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // decoded below
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	secret, err := set.Keys[0].MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return signWith(t, i, jose.HS256, secret, set.Keys[0].KeyID)
}

// kidForged signs with another RSA key under the issuer's key id.
func kidForged(t *testing.T, i *issuer.Issuer, token string) string {
	t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signWith(t, i, jose.RS256, key, parsed.Headers[0].KeyID)
}

// unknownKid signs with the issuer's own key under an id it does not publish.
func unknownKid(t *testing.T, b *bench) string {
	t.Helper()
	return signWith(t, b.issuer, jose.RS256, issuersKey(t, b), "another")
}

func issuersKey(t *testing.T, b *bench) any {
	t.Helper()
	data, err := os.ReadFile(b.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signWith(t *testing.T, i *issuer.Issuer, alg jose.SignatureAlgorithm, key any, kid string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": i.URL, "aud": "ours", "exp": time.Now().Add(time.Hour).Unix(),
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
