package cwsim

import (
	"bytes"
	"context"
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
	running sync.WaitGroup

	mu       sync.Mutex
	rng      *rand.Rand
	keyID    string            // of the key in force
	keys     map[string]string // by id
	failing  map[int]failures  // by callback id
	attempts int
	faults   []*DeliveryFault
	held     []message
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
	out := &sender{
		client: &http.Client{Timeout: 5 * time.Second, Transport: cfg.CallbackTransport}, rng: rng, failing: map[int]failures{}, keys: map[string]string{},
	}
	out.newKey()
	return out
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

// message is one callback on its way to one receiver.
type message struct {
	callback     int
	kind, action string
	target       string
	raw          []byte
	signature    string
	again        bool // after 5xx and time-outs too
}

// announce sends a change to the callbacks registered for it. The caller holds the lock.
func (s *Simulator) announce(action string, t *table, r *row, by Member) {
	if !s.sw.DeliverCallbacks {
		return
	}
	if t.entity.name == Additions && s.sw.point(AdditionCallback, "yes") {
		t = s.st.tables[Agreements]
		if r = t.get(r.ref(s.st.tables[Additions].entity.index["agreement"])); r == nil {
			return
		}
		action = "updated"
	}
	kind := callbackType(t.entity)
	if callbackLevels()[kind] == "" {
		return
	}
	entity := s.entityText(action, t, r)
	callbacks := s.st.tables[Callbacks]
	for _, cb := range callbacks.rows {
		if !s.covers(callbacks.entity, cb, t, r, by) {
			continue
		}
		keyID, key := s.sender.signingKey(s.sw.point(CallbackKeyLife, "oneMessage"))
		raw, err := s.encode(callbackBody{
			Action: action, CallbackObjectRecID: cb.id, CompanyID: s.cfg.CompanyID, Entity: entity, FromURL: s.host(), ID: r.id,
			MemberID: by.Identifier, MessageID: s.sender.guid(), Metadata: map[string]string{"key_url": s.keyURL(keyID)},
			PartnerID: "000000000000000000000000", ProductInstanceID: "000000000000000000000001", Type: kind,
		})
		if err != nil {
			continue
		}
		s.dispatch(message{
			callback: cb.id, kind: kind, action: action, raw: raw, signature: s.signature(key, raw), again: s.sw.point(CallbackRetries, "yes"),
			target: cb.str(callbacks.entity.index["url"]) + strconv.Itoa(r.id) + "&action=" + action + "&memberId=" + url.QueryEscape(by.Identifier),
		})
	}
}

// entityText is the record as callbacks carry it: JSON inside a string, and nothing for what was deleted.
func (s *Simulator) entityText(action string, t *table, r *row) *string {
	if action == "deleted" || s.sw.point(CallbackEntity, "null") {
		return nil
	}
	w := renderer{st: s.st, base: "https://" + s.cfg.SiteHost + "/" + s.codebase + "/apis/3.0"}
	text := string(w.record(nil, t.entity, r, nil))
	return &text
}

func (s *Simulator) encode(body callbackBody) ([]byte, error) {
	if s.sw.CallbackSpacing {
		return json.MarshalIndent(body, " ", "\t ")
	}
	return json.Marshal(body)
}

// signature is what the header says, nothing if the header is to be left out.
func (s *Simulator) signature(key string, raw []byte) string {
	switch s.sw.CallbackSignature {
	case "none":
		return ""
	case "wrong":
		return sign(key+"?", raw)
	default:
		return sign(key, raw)
	}
}

// send posts a callback on its own.
func (s *Simulator) send(m message, delay time.Duration) {
	s.sender.running.Go(func() {
		if wait(context.Background(), delay) || delay <= 0 {
			s.post(m)
		}
	})
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

// post sends one callback, again after 404, 409, 419 and 429 and, unless a point says otherwise, after nothing else.
func (s *Simulator) post(m message) {
	for _, pause := range append(slices.Clone(s.cfg.RetryAfter), 0) {
		status := s.sender.attempt(m)
		if status >= 200 && status < 300 {
			s.sender.succeeded(m.callback)
			return
		}
		if !m.retried(status) || pause == 0 || !wait(context.Background(), pause) {
			break
		}
	}
	if s.sender.failed(m.callback, s.now().Format(time.DateOnly)) >= giveUpDays {
		s.deactivate(m.callback)
	}
}

func (m message) retried(status int) bool {
	return slices.Contains([]int{404, 409, 419, 429}, status) || m.again && (status == 0 || status >= 500)
}

// attempt posts once and returns the status, 0 when there was no answer within 5 seconds.
func (s *sender) attempt(m message) int {
	s.mu.Lock()
	s.attempts++
	s.mu.Unlock()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, m.target, bytes.NewReader(m.raw))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if m.signature != "" {
		req.Header.Set("x-content-signature", m.signature)
	}
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
