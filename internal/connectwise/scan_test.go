package connectwise

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/jsonscan"
	"github.com/psabridge/psabridge/internal/psa"
)

func TestSplitList(t *testing.T) {
	t.Parallel()
	body := "\xef\xbb\xbf [ {\"id\": 1 , \"a\":{\"id\":99}} ,\n{\"b\":[{\"id\":98}],\"id\":2},{\"\\u0069d\":5,\"id\":3,\"s\":\"\\\"id\\\":7\\\\\"}\t] \n"
	items, ids, ok := splitList([]byte(body))
	if !ok {
		t.Fatal("refused")
	}
	if diff := cmp.Diff([]psa.RecordID{1, 2, 3}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	var want []json.RawMessage
	if err := json.Unmarshal([]byte(strings.TrimPrefix(body, "\xef\xbb\xbf")), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

func TestSplitListRefuses(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100000)
	for _, s := range []string{
		"", " ", "{}", "null", "[", "]", "[}", "[{]", "[{}]", `[{"id":1},]`, `[{"id":1}{"id":2}]`, `[{"id":1}]]`, `[{"id":1,}]`, `[{"id":-1}]`,
		`[{"id":1e3}]`, `[{"id":"1"}]`, `[{"id":99999999999999999999}]`, `[{"id":01}]`, `[{id:1}]`, `[{'id':1}]`, `[{"id":1}` + "\x00]",
		`[{"id":1,"x":"` + "\n" + `"}]`, `[{"id":1,"x":"\x"}]`, `[{"id":1,"x":"\u12"}]`, `[{"id":1,"x":tru}]`, `[{"id":1,"x":.5}]`,
		`[{"id":1,"x":1.}]`, `[{"id":1,"x":+1}]`, `[{"id":1,"x":1e}]`, `[null]`, `[[{"id":1}]]`, deep, `[{"id":1,"x":` + deep,
	} {
		if items, _, ok := splitList([]byte(s)); ok {
			t.Errorf("%.60q: %d items", s, len(items))
		}
	}
}

// FuzzSplitList compares with encoding/json: the same texts are JSON, and the
// elements and ids are the same.
func FuzzSplitList(f *testing.F) {
	for _, s := range []string{`[{"id":1}]`, `[]`, `[{"id":1,"a":[1,2.5e-3,true,false,null,"\u00e9\n"]},{"id":2}]`, `[{"id":1}`, `[{"id":0}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		items, ids, ok := splitList(body)
		var want []map[string]json.RawMessage
		err := json.Unmarshal(trimBOM(body), &want)
		if !ok {
			if err == nil && want != nil && allIdentified(want) && !strings.Contains(string(body), strings.Repeat("[", jsonscan.MaxDepth/2)) && !strings.Contains(string(body), strings.Repeat("{", jsonscan.MaxDepth/2)) {
				t.Fatalf("refused %q", body)
			}
			return
		}
		if err != nil || len(want) != len(items) {
			t.Fatalf("%q: %d items; encoding/json: %d, %v", body, len(items), len(want), err)
		}
		for i := range items {
			var got map[string]json.RawMessage
			if err := json.Unmarshal(items[i], &got); err != nil || cmp.Diff(want[i], got) != "" {
				t.Fatalf("%q: item %d is %q", body, i, items[i])
			}
			if string(got["id"]) != formatID(ids[i]) && !strings.Contains(string(body), `\`) {
				t.Fatalf("%q: id %d", body, ids[i])
			}
		}
	})
}

func allIdentified(list []map[string]json.RawMessage) bool {
	for _, m := range list {
		var id psa.RecordID
		if json.Unmarshal(m["id"], &id) != nil || id <= 0 {
			return false
		}
	}
	return true
}

func BenchmarkSplitList(b *testing.B) {
	record := `{"id":%,"identifier":"WayneEnterprises","name":"Wayne Enterprises","status":{"id":1,"name":"Active","_info":{"status_href":"https://na.myconnectwise.net/v2025_1/apis/3.0/company/companies/statuses/1"}},"note":"` +
		strings.Repeat("Lorem ipsum dolor. ", 140) + `","deletedFlag":false,"_info":{"lastUpdated":"2026-01-01T00:00:00Z","updatedBy":"zadmin"}}`
	var list []string
	for i := range 1000 {
		list = append(list, strings.Replace(record, "%", formatID(psa.RecordID(i+1)), 1))
	}
	body := []byte("[" + strings.Join(list, ",") + "]")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ids, ok := splitList(body); !ok || len(ids) != 1000 {
			b.Fatal("refused")
		}
	}
}
