// The function api is hosted by the tests. What it does is chosen by path.
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/psabridge/psabridge/internal/app"
)

type answer map[string]any

func main() { lambda.Start(handle) }

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var e struct {
		RawPath string `json:"rawPath"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	switch what := e.RawPath[strings.LastIndexByte(e.RawPath, '/')+1:]; what {
	case "panic":
		panic("as asked")
	case "exit":
		os.Exit(3)
	case "slow":
		time.Sleep(20 * time.Second)
	case "nap":
		time.Sleep(300 * time.Millisecond)
	case "plain":
		return map[string]int{"n": 1}, nil
	case "env":
		return map[string]any{"env": os.Environ()}, nil
	case "large":
		return strings.Repeat("x", 7<<20), nil
	case "cookies":
		return answer{"statusCode": 201, "cookies": []string{"a=1", "b=2"}, "isBase64Encoded": true, "body": "AAEC"}, nil
	case "malformed":
		return answer{"statusCode": "no"}, nil
	case "deadline":
		return deadline(ctx), nil
	case "secret":
		return readSecret(ctx)
	case "item":
		return writeItem(ctx)
	case "connectwise":
		return callConnectWise(ctx)
	}
	return answer{"statusCode": 200, "body": string(raw)}, nil
}

func deadline(ctx context.Context) any {
	at, _ := ctx.Deadline()
	lc, _ := lambdacontext.FromContext(ctx)
	return map[string]any{
		"seconds": time.Until(at).Seconds(), "requestId": lc.AwsRequestID, "arn": lc.InvokedFunctionArn,
		"trace": os.Getenv("_X_AMZN_TRACE_ID"), "pid": os.Getpid(),
	}
}

func readSecret(ctx context.Context) (any, error) {
	_, err := secretsmanager.NewFromConfig(app.AWS()).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("theirs/1")})
	return map[string]string{"error": err.Error()}, nil
}

// writeItem makes two calls: a write and a read of what it wrote.
func writeItem(ctx context.Context) (any, error) {
	db, table := dynamodb.NewFromConfig(app.AWS()), aws.String(os.Getenv("TABLE_NAME"))
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "a"}}
	if _, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: key}); err != nil {
		return nil, err
	}
	out, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key})
	if err != nil {
		return nil, err
	}
	return map[string]int{"attributes": len(out.Item)}, nil
}

func callConnectWise(ctx context.Context) (any, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("CONNECTWISE")+"/company/info", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "psabridge/test (api)")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	return map[string]int{"status": resp.StatusCode}, resp.Body.Close()
}
