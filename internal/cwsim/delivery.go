package cwsim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sender posts callbacks. Each is sent on its own, so that a slow receiver delays nobody and the order is not kept.
type sender struct {
	client  *http.Client
	retries []time.Duration
	keyID   string
	key     string
	running sync.WaitGroup

	mu       sync.Mutex
	rng      *rand.Rand
	failing  map[int]failures // by callback id
	attempts int
}

// failures remembers on how many days in a row a callback failed.
type failures struct {
	day  string
	days int
}

// giveUpDays is after how many days of failure in a row a callback is switched off.
const giveUpDays = 3

func newSender(cfg Config) *sender {
	rng := newRand(cfg.Seed, 3)
	return &sender{
		client: &http.Client{Timeout: 5 * time.Second}, retries: cfg.RetryAfter, rng: rng, failing: map[int]failures{},
		keyID: randomGUID(rng), key: randomKey(rng, 32),
	}
}

// callbackBody is what is posted, in the vendor's spelling.
type callbackBody struct {
	Action              string            `json:"Action"`
	CallbackObjectRecID int               `json:"CallbackObjectRecId"`
	CompanyID           string            `json:"CompanyId"`
	Entity              *string           `json:"Entity"`
	FromURL             string            `json:"FromUrl"`
	ID                  int               `json:"ID"`
	MemberID            string            `json:"MemberId"`
	MessageID           string            `json:"MessageId"`
	Metadata            map[string]string `json:"Metadata"`
	PartnerID           string            `json:"PartnerId"`
	ProductInstanceID   string            `json:"ProductInstanceId"`
	Type                string            `json:"Type"`
}

// announce sends a change to the callbacks registered for it. The caller holds the lock.
func (s *Simulator) announce(action string, t *table, r *row, by Member) {
	kind := callbackType(t.entity)
	if !s.sw.DeliverCallbacks || callbackLevels()[kind] == "" {
		return
	}
	var entity *string
	if action != "deleted" {
		w := renderer{st: s.st, base: "https://" + s.cfg.SiteHost + "/" + s.codebase + "/apis/3.0"}
		text := string(w.record(nil, t.entity, r, nil))
		entity = &text
	}
	callbacks := s.st.tables[Callbacks]
	for _, cb := range callbacks.rows {
		if !s.covers(callbacks.entity, cb, t, r, by) {
			continue
		}
		body := callbackBody{
			Action: action, CallbackObjectRecID: cb.id, CompanyID: s.cfg.CompanyID, Entity: entity, FromURL: s.host(), ID: r.id,
			MemberID: by.Identifier, MessageID: s.sender.guid(), Metadata: map[string]string{"key_url": s.keyURL()},
			PartnerID: "000000000000000000000000", ProductInstanceID: "000000000000000000000001", Type: kind,
		}
		target := cb.str(callbacks.entity.index["url"]) + strconv.Itoa(r.id) + "&action=" + action + "&memberId=" + url.QueryEscape(by.Identifier)
		s.sender.running.Go(func() { s.post(cb.id, target, body) })
	}
}

// covers says whether a registration wants to hear of a record.
func (s *Simulator) covers(e *entity, cb *row, t *table, r *row, by Member) bool {
	at := e.index
	kind := callbackType(t.entity)
	if !strings.EqualFold(cb.str(at["type"]), kind) || cb.bool(at["inactiveFlag"]) {
		return false
	}
	if cb.bool(at["isSelfSuppressedFlag"]) && cb.get(at["memberId"]) == by.id {
		return false
	}
	object, _ := cb.get(at["objectId"]).(int)
	switch level := strings.ToLower(cb.str(at["level"])); level {
	case "owner":
		return true
	case kind:
		return object == r.id
	case "type":
		return refsContain(r.get(t.entity.index["types"]), object)
	default:
		i, f := t.entity.field(level)
		return f != nil && r.ref(i) == object
	}
}

func refsContain(v any, id int) bool {
	list, _ := v.([]any)
	return slices.Contains(list, any(refID(id)))
}

func (s *sender) guid() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return randomGUID(s.rng)
}

// host is the host that callbacks name as their origin; it serves their key.
func (s *Simulator) host() string {
	u, err := url.Parse(s.url)
	if err != nil || u.Host == "" {
		return s.cfg.SiteHost
	}
	return u.Host
}

func (s *Simulator) keyURL() string {
	base := s.url
	if base == "" {
		base = "https://" + s.cfg.SiteHost
	}
	q := url.Values{"companyName": {s.cfg.CompanyID}, "id": {s.sender.keyID}}
	return base + "/" + s.codebase + "/system/callbackkey/index.rails?" + q.Encode()
}

// callbackKey serves the key that signatures are made with.
func (s *Simulator) callbackKey(q url.Values) response {
	if q.Get("companyName") != s.cfg.CompanyID || q.Get("id") != s.sender.keyID {
		return htmlResponse(http.StatusNotFound, "404 Not Found")
	}
	return jsonValue(http.StatusOK, map[string]string{"signing_key": s.sender.key})
}

// Sign returns the x-content-signature of a callback body.
func (s *Simulator) Sign(body []byte) string {
	key := sha256.Sum256([]byte(s.sender.key))
	mac := hmac.New(sha256.New, key[:])
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post sends one callback, again after 404, 409, 419 and 429 and after nothing else.
func (s *Simulator) post(callback int, target string, body callbackBody) {
	raw, err := json.Marshal(body)
	if err != nil {
		return
	}
	for _, pause := range append(slices.Clone(s.cfg.RetryAfter), 0) {
		status := s.sender.attempt(target, raw, s.Sign(raw))
		if status >= 200 && status < 300 {
			s.sender.succeeded(callback)
			return
		}
		if !slices.Contains([]int{404, 409, 419, 429}, status) || pause == 0 {
			break
		}
		if !wait(context.Background(), pause) {
			return
		}
	}
	if s.sender.failed(callback, s.now().Format(time.DateOnly)) >= giveUpDays {
		s.deactivate(callback)
	}
}

// attempt posts once and returns the status, 0 when there was no answer within 5 seconds.
func (s *sender) attempt(target string, raw []byte, signature string) int {
	s.mu.Lock()
	s.attempts++
	s.mu.Unlock()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, target, bytes.NewReader(raw))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("x-content-signature", signature)
	res, err := s.client.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	return res.StatusCode
}

func (s *sender) succeeded(callback int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.failing, callback)
}

// failed counts the days in a row on which a callback failed.
func (s *sender) failed(callback int, day string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.failing[callback]
	if f.day != day {
		f = failures{day: day, days: f.days + 1}
	}
	s.failing[callback] = f
	return f.days
}

func (s *Simulator) deactivate(callback int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[Callbacks]
	if old := t.get(callback); old != nil {
		r := old.clone()
		r.set(t.entity.index["inactiveFlag"], true)
		t.put(r)
	}
}

// WaitForCallbacks returns once all callbacks of earlier changes have been sent or given up.
func (s *Simulator) WaitForCallbacks() { s.sender.running.Wait() }

// CallbackAttempts returns how many posts of callbacks were tried.
func (s *Simulator) CallbackAttempts() int {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	return s.sender.attempts
}
