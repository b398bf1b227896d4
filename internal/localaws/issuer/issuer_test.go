package issuer_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/psabridge/psabridge/internal/localaws/issuer"
)

const (
	console  = "http://127.0.0.1:8420"
	verifier = "a-verifier-that-is-long-enough-for-anybody-0123456789"
)

func start(t *testing.T, keyFile string) *issuer.Issuer {
	t.Helper()
	l, err := issuer.Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	i, err := issuer.Start(issuer.Config{KeyFile: keyFile, Listener: l, Origins: []string{console}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return i
}

func request() url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{
		"client_id": {"console"}, "redirect_uri": {console + "/signed-in"}, "response_type": {"code"}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
}

// do sends a form, or asks where there is none, and follows no redirect.
func do(t *testing.T, method, address string, form url.Values) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", console)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() }) // nothing is left to be read
	return resp
}

// signIn clicks on a person and returns the code.
func signIn(t *testing.T, i *issuer.Issuer) string {
	t.Helper()
	form := request()
	form.Set("person", "admin")
	resp := do(t, http.MethodPost, i.URL+"/authorize", form)
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	if !strings.HasPrefix(back.String(), console+"/signed-in?") || back.Query().Get("state") != "s" {
		t.Errorf("sent back to %s", back)
	}
	return back.Query().Get("code")
}

func redemption(code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {"console"},
		"redirect_uri": {console + "/signed-in"}, "code_verifier": {verifier},
	}
}

func TestTheCodeFlow(t *testing.T) {
	t.Parallel()
	i := start(t, "")
	if page := do(t, http.MethodGet, i.URL+"/authorize?"+request().Encode(), nil); page.StatusCode != http.StatusOK {
		t.Fatalf("the page: %d", page.StatusCode)
	}
	code := signIn(t, i)
	resp := do(t, http.MethodPost, i.URL+"/token", redemption(code))
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != console {
		t.Errorf("the console may not read it: %q", got)
	}
	var tokens struct {
		Access    string `json:"access_token"`
		ID        string `json:"id_token"`
		Type      string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&tokens); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.StatusCode, err)
	}
	if tokens.Type != "Bearer" || tokens.ExpiresIn != 900 {
		t.Errorf("%s for %d s", tokens.Type, tokens.ExpiresIn)
	}
	want := map[string]any{
		"iss": i.URL, "aud": "psabridge", "sub": "demo-admin", "name": "Ada Admin", "email": "admin@demo-msp.example",
		"account": "demo-msp", "kind": "partner", "roles": []any{"admin"},
	}
	compare(t, want, verified(t, i, tokens.Access))
	want["aud"], want["nonce"] = "console", "n"
	compare(t, want, verified(t, i, tokens.ID))
	if again := do(t, http.MethodPost, i.URL+"/token", redemption(code)); again.StatusCode != http.StatusBadRequest {
		t.Errorf("a code counts twice: %d", again.StatusCode)
	}
}

func compare(t *testing.T, want, got map[string]any) {
	t.Helper()
	times := cmpopts.IgnoreMapEntries(func(k string, _ any) bool { return k == "iat" || k == "nbf" || k == "exp" })
	if diff := cmp.Diff(want, got, times); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if life := got["exp"].(float64) - got["iat"].(float64); life != (15 * time.Minute).Seconds() {
		t.Errorf("it lives %v s", life)
	}
}

// verified reads a token with the published keys.
func verified(t *testing.T, i *issuer.Issuer, token string) map[string]any {
	t.Helper()
	var discovery struct {
		Issuer string
		JWKS   string `json:"jwks_uri"`
	}
	decode(t, i.URL+"/.well-known/openid-configuration", &discovery)
	if discovery.Issuer != i.URL {
		t.Errorf("it calls itself %s", discovery.Issuer)
	}
	var keys jose.JSONWebKeySet
	decode(t, discovery.JWKS, &keys)
	if len(keys.Keys) != 1 || !keys.Keys[0].IsPublic() {
		t.Fatal("the published key is not one public key")
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := parsed.Claims(keys.Key(parsed.Headers[0].KeyID)[0], &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func decode(t *testing.T, address string, out any) {
	t.Helper()
	if err := json.NewDecoder(do(t, http.MethodGet, address, nil).Body).Decode(out); err != nil {
		t.Fatal(err)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	t.Parallel()
	i := start(t, "")
	for name, change := range map[string]func(url.Values){
		"a foreign address": func(v url.Values) { v.Set("redirect_uri", "http://evil.example/") },
		"a similar address": func(v url.Values) { v.Set("redirect_uri", console+".evil.example/") },
		"no PKCE":           func(v url.Values) { v.Del("code_challenge") },
		"plain PKCE":        func(v url.Values) { v.Set("code_challenge_method", "plain") },
		"the implicit flow": func(v url.Values) { v.Set("response_type", "token") },
		"no client":         func(v url.Values) { v.Del("client_id") },
		"an unknown person": func(v url.Values) { v.Set("person", "nobody") },
	} {
		form := request()
		form.Set("person", "admin")
		change(form)
		if resp := do(t, http.MethodPost, i.URL+"/authorize", form); resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Location") != "" {
			t.Errorf("%s: %d to %q", name, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
	for name, change := range map[string]func(url.Values){
		"another verifier": func(v url.Values) { v.Set("code_verifier", "x") },
		"another client":   func(v url.Values) { v.Set("client_id", "x") },
		"another address":  func(v url.Values) { v.Set("redirect_uri", console+"/") },
		"another grant":    func(v url.Values) { v.Set("grant_type", "password") },
		"no code":          func(v url.Values) { v.Del("code") },
	} {
		form := redemption(signIn(t, i))
		change(form)
		if resp := do(t, http.MethodPost, i.URL+"/token", form); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
}

func TestTheKeySurvives(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sub", "issuer.key")
	token, err := start(t, file).Token(map[string]any{"sub": "a", "exp": nil})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if claims := verified(t, start(t, file), token); claims["sub"] != "a" || claims["exp"] != nil {
		t.Errorf("%v", claims)
	}
}

func TestEveryDemoPersonCanSignIn(t *testing.T) {
	t.Parallel()
	i := start(t, "")
	for _, p := range issuer.People() {
		token, err := i.TokenFor(p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if claims := verified(t, i, token); claims["account"] != p.Account || claims["kind"] != p.Kind {
			t.Errorf("%s: %v", p.ID, claims)
		}
	}
	if _, err := i.TokenFor("nobody"); err == nil {
		t.Error("nobody has a token")
	}
}
