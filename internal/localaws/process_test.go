package localaws

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestMain is also the parent that TestChildEndsWithItsParent kills.
func TestMain(m *testing.M) {
	if os.Getenv("PSABRIDGE_TEST_PARENT") != "" {
		startAndHang()
	}
	os.Exit(m.Run())
}

func startAndHang() {
	ctx := context.Background()
	db, err := StartDynamoDB(ctx, "")
	if err != nil {
		os.Exit(1)
	}
	os.Stdout.WriteString(strconv.Itoa(db.child.cmd.Process.Pid) + "\n")
	<-ctx.Done() // never
}

func TestChildEndsWithItsParent(t *testing.T) {
	t.Parallel()
	if dieWithParent() == nil {
		t.Fatal("children outlive a killed parent on this platform")
	}
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), "PSABRIDGE_TEST_PARENT=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Minute); running(pid); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("the child %d outlives its parent", pid)
		}
	}
}

// running reports whether a process runs; one that has ended and waits for
// somebody to notice does not.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestStartSaysWhyAChildEnded(t *testing.T) {
	t.Parallel()
	p, err := startProcess("/bin/sh", "-c", "echo no room >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	err = p.waitFor(t.Context(), "listening")
	if !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "no room") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error: %v", err)
	}
}

func TestStartGivesUp(t *testing.T) {
	t.Parallel()
	p, err := startProcess("/bin/sh", "-c", "trap '' INT; exec sleep 600")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := p.waitFor(ctx, "listening"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a child that says nothing: %v", err)
	}
	p.stop() // although it ignores the gentle way
	<-p.done
}

// What DynamoDB has said yes to outlives a killed run.
func TestKilledRunKeepsItsItems(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db")
	const items = 20
	for run := range 2 {
		db, err := StartDynamoDB(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		client := dynamodb.NewFromConfig(Endpoints{DynamoDB: db.URL}.AWSConfig())
		if run == 0 {
			fill(t, client, items)
			_ = db.child.cmd.Process.Kill()
			<-db.child.done
			continue
		}
		out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("items")})
		if err != nil || out.Count != items {
			t.Errorf("after a kill: %d items (%v), want %d", out.Count, err, items)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func fill(t *testing.T, client *dynamodb.Client, items int) {
	t.Helper()
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("items"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: "HASH"}},
	})
	for n := 0; n < items && err == nil; n++ {
		_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: aws.String("items"),
			Item:      map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: strconv.Itoa(n)}},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCloseAndWait(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Wait(t.Context()) }()
	if err := s.dynamo.child.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, errEnded) {
		t.Errorf("Wait after a service was killed: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	for _, url := range s.Env() {
		if c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://")); err == nil {
			_ = c.Close()
			t.Errorf("%s still listens after Close", url)
		}
	}
}
