package template

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestTry(t *testing.T) {
	tp, err := Read("../../../../template.yaml", Options{StackName: "psabridge", Region: "us-east-1", AccountID: "000000000000",
		Parameters:  map[string]string{"InstallationId": "local", "ConnectWiseClientId": "00000000-0000-0000-0000-000000000000"},
		Loopback:    map[string]string{"JwtIssuer": "http://127.0.0.1:1234"},
		QueueURL:    func(n string) string { return "http://q/000000000000/" + n },
		APIEndpoint: func(n string) string { return "http://api" },
	})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.MarshalIndent(tp, "", " ")
	fmt.Println(string(b))
}
