package main

import (
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/demo"
)

func TestCheckLines(t *testing.T) {
	t.Parallel()
	line := func(id int64, quantity, end string) []demo.Line {
		return []demo.Line{{ID: id, Start: "2026-12-01", End: end, Quantity: quantity}}
	}
	addition := func(id, quantity float64) map[string]any {
		return map[string]any{"id": id, "quantity": quantity, "serialNumber": "psabridge local x"}
	}
	good := demo.Billed{Date: "2026-12-01", Reported: "5", ConnectWise: "5", Posted: "5", Lines: line(7, "5", "")}
	for name, tt := range map[string]struct {
		change    func(*demo.Billed)
		additions []map[string]any
		want      string
	}{
		"good":         {func(*demo.Billed) {}, []map[string]any{addition(7, 5)}, ""},
		"other amount": {func(*demo.Billed) {}, []map[string]any{addition(7, 6)}, "has 6 in ConnectWise"},
		"a second one": {func(*demo.Billed) {}, []map[string]any{addition(7, 5), addition(8, 5)}, "2 lines in ConnectWise"},
		"two at once": {
			func(b *demo.Billed) { b.Lines = append(b.Lines, line(8, "5", "")...) },
			[]map[string]any{addition(7, 5), addition(8, 5)},
			"at once",
		},
		"not posted": {func(b *demo.Billed) { b.Reported = "6" }, []map[string]any{addition(7, 5)}, "6 reported"},
		"ended before": {
			func(b *demo.Billed) { b.Lines = append(line(6, "4", "2026-11-30"), b.Lines...) },
			[]map[string]any{addition(7, 5), {"id": 6.0, "quantity": 4.0}},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := good
			tt.change(&b)
			err := checkLines([]demo.Billed{b}, tt.additions)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
