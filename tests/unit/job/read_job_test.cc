#include <gtest/gtest.h>

#include "common/job/job.h"

namespace shoal {
namespace {

using Mistakes = std::vector<std::string>;

Mistakes MistakesOf(std::string_view text) {
  job::Job job;
  return ReadJob(text, "a.textproto", &job);
}

TEST(ReadJobTest, EveryFormOfTextprotoIsRead) {
  const auto job = ParseJob(R"(
    # A comment.
    name: "two " 'parts'; seed: 0x10, epochs: 3
    objective < skip_gram { learning_rate: 0.05f subsample: 1 loss: NCE } >
    data: { corpus { path: ["a.txt", "b.txt"] path: "c.txt" } }
    metrics { enabled: false }
  )",
                            "a.textproto");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->name(), "two parts");
  EXPECT_EQ(job->seed(), 16u);
  EXPECT_EQ(job->epochs(), 3u);
  EXPECT_EQ(job->objective().skip_gram().learning_rate(), 0.05);
  EXPECT_EQ(job->objective().skip_gram().subsample(), 1);
  EXPECT_EQ(job->objective().skip_gram().loss(), job::SkipGram::NCE);
  ASSERT_EQ(job->data().corpus().path_size(), 3);
  EXPECT_EQ(job->data().corpus().path(2), "c.txt");
  EXPECT_FALSE(job->metrics().enabled());
}

TEST(ReadJobTest, WhatIsPrintedIsReadBackTheSame) {
  const auto job = ParseJob(R"(name: "\303\244 \"quoted\"" seed: 18446744073709551615
                               objective { skip_gram { final_learning_rate: 1.1e-7 optimizer { kind: ADAGRAD } } }
                               evaluation { neighbours: "a" neighbours: "b" })",
                            "a.textproto");
  ASSERT_TRUE(job.ok()) << job.status();
  const auto again = ParseJob(PrintJob(*job), "printed");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), job->SerializeAsString());
}

TEST(ReadJobTest, AByteOrderMarkIsPassedOver) {
  const auto job = ParseJob(
      "\xef\xbb\xbf"
      "epochs: 3",
      "a.textproto");
  ASSERT_TRUE(job.ok()) << job.status();
  EXPECT_EQ(job->epochs(), 3u);
}

TEST(ReadJobTest, AListThatIsNotClosedIsOneMistakeWhateverFollows) {
  const Mistakes opened = {"a.textproto:1: data.corpus.path, opened in line 1, has no closing ]"};
  EXPECT_EQ(MistakesOf("data { corpus { path: [\"a\" } }\nepochs: 3\nworkers: 2\n"), opened);
  EXPECT_EQ(MistakesOf("data { corpus { path: [\"a\", } }\nepochs: 3\nworkers: 2\n"), opened);
  EXPECT_EQ(MistakesOf("data < corpus < path: [ > >"), opened);
  EXPECT_EQ(MistakesOf("data { corpus { path: [\"a\""),
            (Mistakes{"a.textproto:1: data.corpus.path, opened in line 1, has no closing ]",
                      "a.textproto:1: data.corpus, opened in line 1, has no closing }",
                      "a.textproto:1: data, opened in line 1, has no closing }"}));
}

TEST(ReadJobTest, AListInAListIsOneMistake) {
  const Mistakes mistakes = MistakesOf("encoder { optimizer { step_epochs: [[10, 20]] } }");
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_TRUE(mistakes[0].starts_with("a.textproto:1: encoder.optimizer.step_epochs is [, not a number"));
}

TEST(ReadJobTest, AllMistakesAreFoundInOneGoEachWithItsLineAndPath) {
  EXPECT_EQ(MistakesOf("epoch: 3\n"
                       "objective {\n"
                       "  skip_gram {\n"
                       "    windw: 5\n"
                       "    dim: 0\n"
                       "    loss: NEGATIV_SAMPLING\n"
                       "    learning_rate: -0.5\n"
                       "    negatives: \"five\"\n"
                       "  }\n"
                       "}\n"
                       "workers: 1.5\n"
                       "data { corpus { path: text.txt } }\n"
                       "metrics { enabled: maybe }\n"),
            (Mistakes{
                "a.textproto:1: epoch: no such field; did you mean epochs?",
                "a.textproto:4: objective.skip_gram.windw: no such field; did you mean objective.skip_gram.window?",
                "a.textproto:5: objective.skip_gram.dim is 0, not in 1..8192",
                "a.textproto:6: objective.skip_gram.loss is NEGATIV_SAMPLING; did you mean NEGATIVE_SAMPLING?",
                "a.textproto:7: objective.skip_gram.learning_rate is -0.5, not above 0 and at most 1000",
                "a.textproto:8: objective.skip_gram.negatives is '\"five\"'; write it without quotes",
                "a.textproto:11: workers is 1.5, not a whole number in 1..4096",
                "a.textproto:12: data.corpus.path is 'text', not a text in quotes",
                "a.textproto:12: expected a field's name of data.corpus, found '.'",
                "a.textproto:12: data.corpus.txt: no such field, not one of path, layout, normalisation, digits, "
                "min_count, max_words, vocabulary_file, max_sentence_words, max_types_in_memory, cache_directory, "
                "threads, unit_words",
                "a.textproto:13: metrics.enabled is maybe, not true or false",
            }));
}

TEST(ReadJobTest, AMistakenValueIsLeftOutAndTheRestIsRead) {
  job::Job job;
  EXPECT_EQ(ReadJob("epochs: 0 seed: 7 nonsense { deep { deeper: [1, 2] } } workers: 2", "a", &job).size(), 2u);
  EXPECT_FALSE(job.has_epochs());
  EXPECT_EQ(job.seed(), 7u);
  EXPECT_EQ(job.workers(), 2u);
}

TEST(ReadJobTest, AFieldOfAnotherMessageIsNamedWithItsPlace) {
  EXPECT_EQ(MistakesOf("window: 5"),
            (Mistakes{"a.textproto:1: window: no such field; did you mean objective.skip_gram.window?"}));
}

TEST(ReadJobTest, BrokenSyntaxIsToldWhereItIs) {
  EXPECT_EQ(MistakesOf("objective {\n skip_gram { dim: 100 \n"),
            (Mistakes{"a.textproto:3: objective.skip_gram, opened in line 2, has no closing }",
                      "a.textproto:3: objective, opened in line 1, has no closing }"}));
  EXPECT_EQ(MistakesOf("epochs 3"), (Mistakes{"a.textproto:1: expected ':' and a value after epochs, found '3'"}));
  EXPECT_EQ(MistakesOf("epochs: 3 epochs: 4"), (Mistakes{"a.textproto:1: epochs is given twice; leave one out"}));
  EXPECT_EQ(MistakesOf("objective { skip_gram {} cooccurrence { dim: 5 } }"),
            (Mistakes{"a.textproto:1: objective.cooccurrence: skip_gram is given already, and there can be one only; "
                      "leave one out"}));
  EXPECT_EQ(MistakesOf("}"), (Mistakes{"a.textproto:1: expected a field's name, found '}'"}));
  EXPECT_EQ(MistakesOf("metrics: 5"),
            (Mistakes{"a.textproto:1: metrics has fields of its own; write Metrics's between { and }"}));
  EXPECT_EQ(MistakesOf("name: \"open"), (Mistakes{"a.textproto:1: Unexpected end of string."}));
}

TEST(ReadJobTest, AnEndlessListOfMistakesIsCutAndALongTextRefused) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "nonsense: 1\n";
  EXPECT_EQ(MistakesOf(many).size(), 100u);
  EXPECT_EQ(MistakesOf(std::string(kMaxJobBytes + 1, ' ')),
            (Mistakes{"a.textproto: 1048577 bytes are too many for a job (at most 1048576)"}));
}

TEST(ReadJobTest, DeepBracketsOfUnknownFieldsAreSkippedWithoutRecursion) {
  EXPECT_EQ(MistakesOf("nonsense " + std::string(500000, '{')).size(), 1u);
}

}  // namespace
}  // namespace shoal
