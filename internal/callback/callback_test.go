package callback_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// body is a delivery in ConnectWise's shape: Entity is a JSON string, or null
// on a deletion.
func body(id int, action, company, keyCompany string) []byte {
	entity := `"{\"id\":1,\"firstName\":\"Łucja \\\"Lu\\\"\"}"`
	if action == "deleted" {
		entity = "null"
	}
	return fmt.Appendf(nil, `{"Action":%q,"CallbackObjectRecId":7,"CompanyId":%q,"Entity":%s,"FromUrl":"na.myconnectwise.net","ID":%d,`+
		`"MemberId":"Zoë","MessageId":"m-1","Metadata":{"key_url":"https://na.myconnectwise.net/v2025_1//system/callbackkey/index.rails?companyName=%s&id=k"},`+
		`"ProductInstanceId":"p","Type":"contact","Unheard":{"of":[1,2]}}`, action, company, entity, id, keyCompany)
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		body  []byte
		query string
		want  psa.RecordID // 0: refused
	}{
		{"added", body(57960, "added", "Cobalt", "Cobalt"), "recordId=57960&action=added", 57960},
		{"deleted, no entity", body(57962, "deleted", "Cobalt", "Cobalt"), "", 57962},
		{"an action nobody has heard of", body(5, "merged", "Cobalt", "Cobalt"), "recordId=5", 5},
		{"id in the query only", []byte(`{"Type":"Company","CompanyId":"Cobalt"}`), "recordId=9", 9},
		{"ids differ", body(5, "updated", "Cobalt", "Cobalt"), "recordId=6", 0},
		{"no id", []byte(`{"Type":"company","CompanyId":"Cobalt"}`), "", 0},
		{"negative id", body(-5, "updated", "Cobalt", "Cobalt"), "", 0},
		{"id is no number", []byte(`{"Type":"company","CompanyId":"Cobalt","ID":{}}`), "", 0},
		{"no type", []byte(`{"CompanyId":"Cobalt","ID":1}`), "", 0},
		{"no company", []byte(`{"Type":"company","ID":1}`), "", 0},
		{"cut off", body(5, "updated", "Cobalt", "Cobalt")[:60], "", 0},
		{"HTML", []byte("<html></html>"), "recordId=5", 0},
		{"null", []byte("null"), "", 0},
		{"empty", nil, "recordId=5", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			d, err := callback.Parse(tt.body, query)
			if tt.want == 0 && !errors.Is(err, psa.ErrInvalid) {
				t.Fatalf("accepted as %+v, %v", d, err)
			}
			if d.ID != tt.want {
				t.Errorf("id %d, want %d (%v)", d.ID, tt.want, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(body(5, "updated", "Cobalt", "Cobalt"), "recordId=5")
	f.Add(body(5, "deleted", "Cobalt", "Cobalt"), "")
	f.Fuzz(func(t *testing.T, body []byte, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		d, err := callback.Parse(body, q)
		if err == nil && (d.ID <= 0 || d.Type == "" || d.CompanyID == "") {
			t.Errorf("accepted without id, type or company: %+v", d)
		}
	})
}

// The vendor's real bodies. The first was edited by its publisher: its key
// belongs to another company, so it must not pass.
func TestRealBodies(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("PSABRIDGE_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	for file, genuine := range map[string]bool{"contact-create.json": false, "contact-update.json": true, "contact-delete.json": true} {
		data, err := os.ReadFile(filepath.Join(shared, "connectwise", "callback-samples", file))
		if errors.Is(err, os.ErrNotExist) {
			t.Logf("%s is not here; TestParse has bodies of the same shape", file)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		d, err := callback.Parse(data, nil)
		if err != nil || d.Type != "contact" || d.ID < 57960 || d.ID > 57962 {
			t.Errorf("%s: %+v, %v", file, d, err)
		}
		if d.From("Cobalt") != genuine {
			t.Errorf("%s: genuine = %v, want %v", file, !genuine, genuine)
		}
	}
}

// door is a receiver with one endpoint, and what it let through.
type door struct {
	err    error
	paused bool
	taken  []callback.Envelope
}

func (d *door) CallbackEndpoint(_ context.Context, id string) (psa.CallbackEndpoint, error) {
	if d.err != nil {
		return psa.CallbackEndpoint{}, d.err
	}
	if id != "conn" {
		return psa.CallbackEndpoint{}, psa.ErrNotFound
	}
	return psa.CallbackEndpoint{
		ConnectionID: id, Scope: psa.Scope{Account: "msp-1", Generation: 3}, CompanyID: "Cobalt",
		TokenHashes: []string{callback.HashToken("old"), callback.HashToken("new")}, Paused: d.paused,
	}, nil
}

func (d *door) Enqueue(_ context.Context, e callback.Envelope) error {
	if d.err != nil {
		return d.err
	}
	d.taken = append(d.taken, e)
	return nil
}

func TestReceive(t *testing.T) {
	t.Parallel()
	good := body(5, "updated", "cobalt", "COBALT")
	for _, tt := range []struct {
		name string
		req  callback.Request
		want problem.Code
	}{
		{"the present token", callback.Request{Connection: "conn", Token: "new", Body: good, RawQuery: "recordId=5&action=updated"}, ""},
		{"the token before a repair", callback.Request{Connection: "conn", Token: "old", Body: good}, ""},
		{"a wrong token", callback.Request{Connection: "conn", Token: "guess", Body: good}, problem.NotFound},
		{"no token", callback.Request{Connection: "conn", Body: good}, problem.NotFound},
		{"a hash for a token", callback.Request{Connection: "conn", Token: callback.HashToken("new"), Body: good}, problem.NotFound},
		{"an unknown connection", callback.Request{Connection: "other", Token: "new", Body: good}, problem.NotFound},
		{"another company's body", callback.Request{Connection: "conn", Token: "new", Body: body(5, "updated", "Evil", "Cobalt")}, problem.BadRequest},
		{"another company's key", callback.Request{Connection: "conn", Token: "new", Body: body(5, "updated", "Cobalt", "Evil")}, problem.BadRequest},
		{"no callback at all", callback.Request{Connection: "conn", Token: "new", Body: []byte("{}")}, problem.BadRequest},
		{"a broken query", callback.Request{Connection: "conn", Token: "new", Body: good, RawQuery: "recordId=%zz"}, problem.BadRequest},
		{"too large", callback.Request{Connection: "conn", Token: "new", Body: []byte(strings.Repeat("x", callback.MaxBody+1))}, problem.TooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := &door{}
			now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
			err := callback.NewReceiver(d, d, func() time.Time { return now }).Receive(context.Background(), tt.req)
			if got := problem.CodeOf(err); got != tt.want {
				t.Fatalf("code %q, want %q (%v)", got, tt.want, err)
			}
			if tt.want != "" {
				if len(d.taken) > 0 {
					t.Error("refused, and queued all the same")
				}
				return
			}
			want := callback.Envelope{
				V: 1, Kind: "callback", Account: "msp-1", Generation: 3, Connection: "conn", Query: tt.req.RawQuery, Body: tt.req.Body, ReceivedAt: now,
			}
			if diff := cmp.Diff([]callback.Envelope{want}, d.taken); diff != "" {
				t.Errorf("queued (-want +got):\n%s", diff)
			}
		})
	}
}

// What cannot be checked or queued is asked for again, never acknowledged.
func TestReceiveWhenTheTableOrTheQueueIsDown(t *testing.T) {
	t.Parallel()
	d := &door{err: errors.New("down")}
	err := callback.NewReceiver(d, d, time.Now).Receive(context.Background(), callback.Request{Connection: "conn", Token: "new", Body: body(5, "updated", "Cobalt", "Cobalt")})
	if got := problem.CodeOf(err); got != problem.Busy {
		t.Errorf("code %q, want busy", got)
	}
}

func TestTheEnvelopeCarriesTheRawBytes(t *testing.T) {
	t.Parallel()
	raw := []byte("{ \"odd\" :\t\"white space and \\u00e9\" }\r\n\xff")
	data, err := json.Marshal(callback.Envelope{Body: raw})
	if err != nil {
		t.Fatal(err)
	}
	var back callback.Envelope
	if err := json.Unmarshal(data, &back); err != nil || string(back.Body) != string(raw) {
		t.Errorf("%q, %v", back.Body, err)
	}
}
