package sqs

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"
)

// maxMessage is the most bytes of one message, and of one batch.
const maxMessage = 1 << 20

// settings are a queue's attributes, as set and as understood.
type settings struct {
	text        map[string]string // all of them, as GetQueueAttributes has them
	visibility  time.Duration
	delay       time.Duration
	wait        time.Duration
	maxSize     int
	deadLetters string // an ARN
	maxReceives int    // 0: no dead-letter queue
}

// numbers holds the attributes that are numbers, with what AWS allows.
func numbers() map[string]struct{ min, max, preset int } {
	return map[string]struct{ min, max, preset int }{
		"VisibilityTimeout":             {0, 43200, 30},
		"DelaySeconds":                  {0, 900, 0},
		"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
		"MaximumMessageSize":            {1024, maxMessage, maxMessage},
		"MessageRetentionPeriod":        {60, 1209600, 345600},
	}
}

// kept names attributes that are stored and change nothing here.
func kept(name string) bool {
	switch name {
	case "Policy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled":
		return true
	}
	return false
}

// defaults are the settings of a queue that says nothing.
func defaults() settings {
	s := settings{text: map[string]string{"SqsManagedSseEnabled": "true"}}
	for name, n := range numbers() {
		s.text[name] = strconv.Itoa(n.preset)
	}
	s.read()
	return s
}

// with returns the settings with changes.
func (s settings) with(changes map[string]string) (settings, error) {
	out := s
	out.text = maps.Clone(s.text)
	for name, value := range changes {
		if err := check(name, value); err != nil {
			return settings{}, err
		}
		out.text[name] = value
		if value == "" {
			delete(out.text, name)
		}
	}
	out.read()
	return out, out.readRedrive()
}

func check(name, value string) error {
	if n, ok := numbers()[name]; ok {
		v, err := strconv.Atoi(value)
		if err != nil || v < n.min || v > n.max {
			return errNamed("InvalidAttributeValue", "Invalid value for the parameter "+name+".")
		}
		return nil
	}
	if name == "RedrivePolicy" || kept(name) {
		return nil
	}
	// FIFO attributes are among these: there are no FIFO queues here.
	return errNamed("InvalidAttributeName", "Unknown attribute "+name+".")
}

// read understands the attributes that are numbers; they have been checked.
func (s *settings) read() {
	number := func(name string) int {
		n, _ := strconv.Atoi(s.text[name]) // checked when set
		return n
	}
	s.visibility = time.Duration(number("VisibilityTimeout")) * time.Second
	s.delay = time.Duration(number("DelaySeconds")) * time.Second
	s.wait = time.Duration(number("ReceiveMessageWaitTimeSeconds")) * time.Second
	s.maxSize = number("MaximumMessageSize")
}

func (s *settings) readRedrive() error {
	s.deadLetters, s.maxReceives = "", 0
	text := s.text["RedrivePolicy"]
	if text == "" {
		return nil
	}
	var policy struct {
		DeadLetterTargetArn string
		MaxReceiveCount     json.RawMessage // a number, also as a string
	}
	err := json.Unmarshal([]byte(text), &policy)
	n, errNumber := strconv.Atoi(strings.Trim(string(policy.MaxReceiveCount), `"`))
	if err != nil || errNumber != nil || n < 1 || n > 1000 || policy.DeadLetterTargetArn == "" {
		return errValue("Value for parameter RedrivePolicy is invalid.")
	}
	s.deadLetters, s.maxReceives = policy.DeadLetterTargetArn, n
	return nil
}
