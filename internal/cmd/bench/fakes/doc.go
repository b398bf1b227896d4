// Package fakes has a ConnectWise and a table that cost little, so that a
// benchmark on a small machine measures the worker and not what it talks to.
// They are strict about what they are asked, and know no more than the sync
// needs: for everything else the simulator and the local DynamoDB are right.
package fakes
