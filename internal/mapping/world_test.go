package mapping_test

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// world is a ConnectWise, a table and a queue of change sets.
type world struct {
	*mapping.Service

	t     *testing.T
	sim   *cwsim.Simulator
	scope psa.Scope
	store *dynamo.Store
	table string

	mu    sync.Mutex
	queue []string
	names []mapping.Ref
	whole bool
}

func products() []mapping.Product {
	return []mapping.Product{
		{SKU: "core", Name: "Core", Meter: "seats"},
		{SKU: "complete", Name: "Complete", Meter: "seats"},
		{SKU: "dmarc", Name: "DMARC", Meter: "domains", AddOn: true},
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	sim := cwsim.New(cwsim.Config{})
	srv, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	companyID, public, private := sim.Credentials()
	address, _, err := connectwise.CleanServerURL(srv.URL, true)
	if err != nil {
		t.Fatal(err)
	}
	base, err := connectwise.Discoverer{HTTP: http.DefaultClient}.Discover(t.Context(), address, companyID)
	if err != nil {
		t.Fatal(err)
	}
	client, err := connectwise.New(connectwise.Config{
		Base: base, Credentials: psa.Credentials{PublicKey: public, PrivateKey: private},
		ClientID: "11111111-2222-3333-4444-555555555555", HTTP: http.DefaultClient, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	db, table := dynamotest.New(t)
	store := dynamo.New(db, table, time.Now)
	w := &world{t: t, sim: sim, scope: psa.Scope{Account: "msp-1", Generation: 1}, store: store, table: table}
	w.Service = &mapping.Service{
		Store: store.Mapping(), Directory: w, Waker: w,
		Connector: opener{connector.NewChooser(client)}, Catalog: products(), Now: time.Now,
	}
	return w
}

// opener opens the one connection that there is.
type opener struct{ cw mapping.ConnectWise }

func (o opener) Mapping(_ context.Context, scope psa.Scope) (mapping.ConnectWise, error) {
	if scope.Generation != 1 {
		return nil, problem.New(problem.NotConnected, "Not connected.", "")
	}
	return o.cw, nil
}

// Names implements mapping.Directory.
func (w *world) Names(context.Context, psa.Scope) ([]mapping.Ref, error) { return w.names, nil }

// Whole implements mapping.Directory.
func (w *world) Whole(context.Context, psa.Scope) (bool, error) { return w.whole, nil }

// notes are what people are told, the oldest first.
func (w *world) notes() []string {
	w.t.Helper()
	entries, _, err := w.store.Runs().Logs(w.t.Context(), w.scope, syncer.Page{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[len(entries)-1-i] = e.Event + " " + e.Who + " " + e.Message
	}
	return out
}

// WakeChange implements mapping.Waker.
func (w *world) WakeChange(_ context.Context, _ psa.Scope, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, id)
	return nil
}

// work does all that is on the queue.
func (w *world) work() {
	w.t.Helper()
	for range 100 {
		w.mu.Lock()
		if len(w.queue) == 0 {
			w.mu.Unlock()
			return
		}
		id := w.queue[0]
		w.queue = w.queue[1:]
		w.mu.Unlock()
		if err := w.Work(w.t.Context(), w.scope, id); err != nil {
			w.t.Fatal(err)
		}
	}
	w.t.Fatal("the work never ends")
}

func (w *world) put(table string, fields map[string]any) psa.RecordID {
	w.t.Helper()
	id, err := w.sim.Put(table, fields)
	if err != nil {
		w.t.Fatal(err)
	}
	return psa.RecordID(id)
}

func ref(id psa.RecordID) map[string]any { return map[string]any{"id": int(id)} }

func (w *world) company(name string, more map[string]any) psa.RecordID {
	fields := map[string]any{"identifier": name, "name": name, "status": ref(1), "deletedFlag": false}
	maps.Copy(fields, more)
	id := w.put(cwsim.Companies, fields)
	w.names = append(w.names, mapping.Ref{ID: id, Name: name})
	return id
}

func (w *world) agreement(name string, company psa.RecordID, status string) psa.RecordID {
	return w.put(cwsim.Agreements, map[string]any{"name": name, "company": ref(company), "agreementStatus": status})
}

func (w *world) item(identifier, class string, inactive bool) psa.RecordID {
	return w.put(cwsim.Catalog, map[string]any{"identifier": identifier, "description": identifier, "productClass": class, "inactiveFlag": inactive})
}

func (w *world) tenants(names ...string) {
	w.t.Helper()
	for _, n := range names {
		tenant := mapping.Tenant{ID: mapping.TenantID("t-" + n), Name: n, State: mapping.Active, ChangedAt: time.Now()}
		if _, err := w.PutTenant(w.t.Context(), w.scope.Account, tenant); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) mapping(tenant string) mapping.Mapping {
	w.t.Helper()
	m, err := w.Store.Mapping(w.t.Context(), w.scope, mapping.TenantID("t-"+tenant))
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}
