// The function worker is hosted by the tests. Each message says what is to
// become of it; each receipt is written to standard output.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	Kind    string
	Source  string `json:"source"`
	Records []struct {
		MessageID  string            `json:"messageId"`
		Body       string            `json:"body"`
		Attributes map[string]string `json:"attributes"`
	}
}

type failures struct {
	BatchItemFailures []map[string]string `json:"batchItemFailures"`
}

func main() { lambda.Start(handle) }

func handle(_ context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if len(e.Records) == 0 {
		fmt.Printf("event %s\n", raw)
		if e.Kind == "fail" {
			return nil, errors.New("as asked")
		}
		return nil, nil
	}
	var out failures
	for _, r := range e.Records {
		fmt.Printf("got %s receive=%s group=%s\n", r.Body, r.Attributes["ApproximateReceiveCount"], r.Attributes["MessageGroupId"])
		switch r.Body {
		case "fail":
			out.BatchItemFailures = append(out.BatchItemFailures, map[string]string{"itemIdentifier": r.MessageID})
		case "error":
			return nil, errors.New("as asked")
		case "exit":
			os.Exit(1)
		case "unknown":
			out.BatchItemFailures = append(out.BatchItemFailures, map[string]string{"itemIdentifier": "nobody"})
		case "nap":
			time.Sleep(400 * time.Millisecond)
		}
	}
	return out, nil
}
