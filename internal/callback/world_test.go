package callback_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

const token = "a-token-that-nobody-guesses"

// world is a simulated ConnectWise that posts callbacks over HTTP to a
// receiver, a table, and the queues between receiver and worker.
type world struct {
	t     *testing.T
	sim   *cwsim.Simulator
	url   string // of ConnectWise
	hook  string // of the receiver
	store *dynamo.Store
	scope psa.Scope

	worker *callback.Worker
	engine *syncer.Engine
	faults *dynamotest.Faults

	mu      sync.Mutex // guards the rest
	posted  [][]byte   // envelopes
	woken   []syncer.Message
	skew    time.Duration
	stands  time.Time // the clock, while it stands still
	metrics map[string]int
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stands.IsZero() {
		return w.stands
	}
	return time.Now().Add(w.skew)
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skew += d
}

// minute does something within a minute, by which limits count, however long it
// takes: the clock stands still.
func (w *world) minute(do func()) {
	now := w.now()
	next := now.Truncate(time.Minute).Add(time.Minute)
	w.pass(next.Sub(now))
	w.stand(next)
	do()
	w.stand(time.Time{})
}

func (w *world) stand(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stands = at
}

// newWorld is a connection with callbacks for companies and contacts, which
// were never read.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, scope: psa.Scope{Account: "msp-1", Generation: 1}, metrics: map[string]int{},
		sim: cwsim.New(cwsim.Config{
			Seed: 5, Companies: 12, ContactsPerCompany: 1, RetryAfter: []time.Duration{time.Millisecond},
			Switches: cwsim.Switches{DeliverCallbacks: true, CallbackSpacing: true},
		}),
	}
	srv, err := w.sim.Start("127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = srv.Close() })
	w.url = srv.URL
	client, table, faults := dynamotest.NewFaulty(t)
	w.store, w.faults = dynamo.New(client, table, w.now), faults
	w.connect()
	receiver := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(receiver.Close)
	w.hook = receiver.URL + setup.CallbackPath("conn") + token
	for _, typ := range []string{"company", "contact"} {
		_, err := w.sim.Put(cwsim.Callbacks, map[string]any{"url": w.hook + "?recordId=", "type": typ, "level": "owner", "objectId": 1})
		must(t, err)
	}
	w.process()
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect stores the connection and its endpoint.
func (w *world) connect() {
	company, _, _ := w.sim.Credentials()
	conn := connector.New(connector.Config{AllowLoopback: true})
	endpoint, err := conn.Discover(w.t.Context(), w.url, company)
	must(w.t, err)
	draft, err := w.store.Setup().PutDraft(w.t.Context(), setup.Draft{Account: w.scope.Account, Endpoint: endpoint}, setup.SecretNote{})
	must(w.t, err)
	_, err = w.store.Setup().Activate(w.t.Context(), setup.Connection{
		ID: "conn", Account: w.scope.Account, Generation: 1, Endpoint: endpoint, SecretARN: "arn", Types: []psa.DataType{psa.Companies, psa.Contacts},
	}, draft, psa.CallbackEndpoint{
		ConnectionID: "conn", Scope: w.scope, CompanyID: company, TokenHashes: []string{callback.HashToken(token)},
	}, false)
	must(w.t, err)
}

// process begins a new life of the worker, which has forgotten everything.
func (w *world) process() {
	conn := connector.New(connector.Config{
		Connections: w.store.Setup(), Vault: vault{w.sim}, ClientID: "3f2504e0-4f89-41d3-9a0c-0305e82c3301", AllowLoopback: true, Now: w.now,
	})
	w.engine = syncer.New(w.store.Runs(), w.store.Records(), conn, w, syncer.Options{Now: w.now, PageSize: 2})
	w.worker = callback.NewWorker(callback.WorkerDeps{
		Engine: w.engine, Types: w.store.Runs(), Rows: w.store.Records(), Endpoints: w.store.Setup(), Keys: conn,
		Limits: w.store.Callbacks(), Lot: w.store.Callbacks(), Wake: w, Count: w.count, Now: w.now,
	})
}

// vault knows the simulator's keys.
type vault struct{ sim *cwsim.Simulator }

func (v vault) Get(context.Context, string) (psa.Credentials, error) {
	_, public, private := v.sim.Credentials()
	return psa.Credentials{PublicKey: public, PrivateKey: private}, nil
}

func (w *world) count(_ context.Context, metric string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.metrics[metric] += n
}

func (w *world) counted(metric string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.metrics[metric]
}

// receive is the receiver over HTTP.
func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	dir, given := path.Split(r.URL.Path)
	err = callback.NewReceiver(w.store.Setup(), w, w.now).Receive(r.Context(), callback.Request{
		Connection: path.Base(dir), Token: given, RawQuery: r.URL.RawQuery, Signature: r.Header.Get("x-content-signature"), Body: body,
	})
	switch problem.CodeOf(err) {
	case "":
		rw.WriteHeader(http.StatusNoContent)
	case problem.NotFound:
		rw.WriteHeader(http.StatusNotFound)
	case problem.BadRequest:
		rw.WriteHeader(http.StatusBadRequest)
	default:
		rw.WriteHeader(http.StatusTooManyRequests)
	}
}

// Enqueue implements callback.Queue.
func (w *world) Enqueue(_ context.Context, e callback.Envelope) error {
	raw, err := json.Marshal(e)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posted = append(w.posted, raw)
	return err
}

// Wake implements syncer.Waker.
func (w *world) Wake(_ context.Context, m syncer.Message, _ time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.woken = append(w.woken, m)
	return nil
}

// deliveries waits for what ConnectWise posts and takes it off the queue.
func (w *world) deliveries() [][]byte {
	w.sim.WaitForCallbacks()
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.posted
	w.posted = nil
	return all
}

// work does deliveries side by side, as a batch comes.
func (w *world) work(all [][]byte) {
	w.t.Helper()
	var wg sync.WaitGroup
	for _, raw := range all {
		wg.Go(func() {
			if err := w.worker.Handle(w.t.Context(), raw); err != nil {
				w.t.Errorf("delivery: %v", err)
			}
		})
	}
	wg.Wait()
}

// drain does messages until there are none; those for whom stop is true stay.
func (w *world) drain(stop func(syncer.Message) bool) {
	w.t.Helper()
	for {
		w.mu.Lock()
		i := slices.IndexFunc(w.woken, func(m syncer.Message) bool { return stop == nil || !stop(m) })
		if i < 0 {
			w.mu.Unlock()
			return
		}
		m := w.woken[i]
		w.woken = slices.Delete(w.woken, i, i+1)
		w.mu.Unlock()
		must(w.t, w.do(m))
	}
}

// do does a message as the function does.
func (w *world) do(m syncer.Message) error {
	switch m.Kind {
	case syncer.KindRecord:
		return w.worker.Record(w.t.Context(), m)
	case syncer.KindParked:
		return w.worker.Sweep(w.t.Context(), callback.LotKey{Scope: m.Scope(), Type: m.Type})
	default:
		return w.engine.Handle(w.t.Context(), m)
	}
}

// synced is a world whose companies and contacts were read.
func synced(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	must(t, w.engine.StartInitial(t.Context(), w.scope, []psa.DataType{psa.Companies, psa.Contacts}, "ann"))
	w.drain(nil)
	if got := w.row(w.company()); got.Name == "" {
		t.Fatalf("not read: %+v", got)
	}
	w.sim.ResetRequests()
	return w
}

// company is a company, of the first that are read.
func (w *world) company() int { return w.sim.IDs(cwsim.Companies)[1] }

func (w *world) row(id int) syncer.Row {
	w.t.Helper()
	row, err := w.store.Records().Get(w.t.Context(), w.scope, psa.Companies, psa.RecordID(id))
	must(w.t, err)
	return row
}

// rename changes a company in ConnectWise.
func (w *world) rename(id int, name string) {
	w.t.Helper()
	_, err := w.sim.Put(cwsim.Companies, map[string]any{"id": id, "name": name})
	must(w.t, err)
}

// asked counts requests to ConnectWise whose path holds part.
func (w *world) asked(part string) int {
	n := 0
	for _, r := range w.sim.Requests() {
		if strings.Contains(r.Path, part) {
			n++
		}
	}
	return n
}

// reads counts how often a company was read by its id.
func (w *world) reads(id int) int { return w.asked("/company/companies/" + psaID(id)) }

func psaID(id int) string {
	raw, _ := json.Marshal(id)
	return string(raw)
}

// with is a worker that gets its keys elsewhere.
func (w *world) with(keys callback.Keys) *callback.Worker {
	deps := w.worker.WorkerDeps
	deps.Keys = keys
	return callback.NewWorker(deps)
}

// envelope is a delivery of the simulator's shape, taken now.
func (w *world) envelope(id int, action string) callback.Envelope {
	company, _, _ := w.sim.Credentials()
	body := fmt.Sprintf(`{"Action":%q,"CallbackObjectRecId":1,"CompanyId":%q,"Entity":null,"ID":%d,"MessageId":"m","Type":"company",`+
		`"Metadata":{"key_url":"%s/v2026_1//system/callbackkey/index.rails?companyName=%s&id=k"}}`, action, company, id, w.url, company)
	return callback.Envelope{
		V: 1, Kind: callback.Kind, Account: w.scope.Account, Generation: w.scope.Generation, Connection: "conn", Body: []byte(body), ReceivedAt: w.now(),
	}
}

// post sends a body to the receiver and returns the status.
func (w *world) post(t *testing.T, body, signature string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.hook+"?recordId="+psaID(w.company()), strings.NewReader(body))
	must(t, err)
	req.Header.Set("x-content-signature", signature)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	_ = res.Body.Close()
	return res.StatusCode
}

func marshal(t *testing.T, e callback.Envelope) []byte {
	t.Helper()
	raw, err := json.Marshal(e)
	must(t, err)
	return raw
}

// signed is the x-content-signature of body.
func signed(key string, body []byte) string {
	sum := sha256.Sum256([]byte(key))
	h := hmac.New(sha256.New, sum[:])
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
