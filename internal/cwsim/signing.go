package cwsim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"time"
)

// signingKey returns the key in force and the id it is served under, or a fresh one.
func (s *sender) signingKey(fresh bool) (id, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fresh {
		s.newKey()
	}
	return s.keyID, s.keys[s.keyID]
}

// newKey is the key in force from now on; the earlier ones are still served.
func (s *sender) newKey() {
	s.keyID = randomGUID(s.rng)
	s.keys[s.keyID] = randomKey(s.rng, 32)
}

// RotateKey signs later callbacks with a new key.
func (s *Simulator) RotateKey() { s.sender.signingKey(true) }

// Sign returns the x-content-signature of a callback body under the key in force.
func (s *Simulator) Sign(body []byte) string {
	_, key := s.sender.signingKey(false)
	return sign(key, body)
}

func sign(signingKey string, body []byte) string {
	key := sha256.Sum256([]byte(signingKey))
	mac := hmac.New(sha256.New, key[:])
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Simulator) keyURL(id string) string {
	if s.sw.KeyURL != "" {
		return s.sw.KeyURL
	}
	base := s.url
	if base == "" {
		base = "https://" + s.cfg.SiteHost
	}
	q := url.Values{"companyName": {s.cfg.CompanyID}, "id": {id}}
	return base + "/" + s.codebase + keyPath + "?" + q.Encode()
}

const keyPath = "/system/callbackkey/index.rails"

// callbackKey serves the key that signatures are made with, or fails to.
func (s *Simulator) callbackKey(r *http.Request) response {
	q := r.URL.Query()
	s.mu.RLock()
	sw := s.sw
	s.mu.RUnlock()
	if sw.point(CallbackKey, "members") {
		if _, refused := s.authenticate(r, &sw, false); refused != nil {
			return errorResponse(refused)
		}
	}
	if out, failed := keyFault(r, sw.KeyFault); failed {
		return out
	}
	s.sender.mu.Lock()
	key := s.sender.keys[q.Get("id")]
	s.sender.mu.Unlock()
	if q.Get("companyName") != s.cfg.CompanyID || key == "" {
		return htmlResponse(http.StatusNotFound, "404 Not Found")
	}
	return jsonValue(http.StatusOK, map[string]string{"signing_key": key})
}

// keyFault is the answer that a fault puts in the place of the key.
func keyFault(r *http.Request, kind string) (response, bool) {
	switch kind {
	case "missing":
		return htmlResponse(http.StatusNotFound, "404 Not Found"), true
	case "error":
		return htmlResponse(http.StatusInternalServerError, "Server Error"), true
	case "slow":
		wait(r.Context(), time.Minute)
		return htmlResponse(http.StatusGatewayTimeout, "504 Gateway Time-out"), true
	case "huge":
		return jsonResponse(http.StatusOK, bytes.Repeat([]byte(" "), 16<<20)), true
	case "redirect":
		if r.URL.Query().Has("followed") {
			return response{}, false
		}
		return htmlResponse(http.StatusFound, "Moved").with("Location", r.URL.RequestURI()+"&followed=1"), true
	}
	return response{}, false
}
