"""Libraries of the boxes: how they are asked for, and which problems cannot be judged without them."""

import pytest

from pipeline.config.schema import Config
from sandbox.packages import PackagesError, missing_imports, parse_packages, preloaded_modules
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.data_set import sort_out

PACKAGES = parse_packages(["scikit_learn == 1.7.2", "pandas==2.3.3"])


def test_requirements_are_spelt_alike_and_ordered() -> None:
    assert PACKAGES == ("pandas==2.3.3", "scikit-learn==1.7.2")
    assert parse_packages(["Moto[s3,ec2]==5.0"]) == ("moto[s3,ec2]==5.0",)


@pytest.mark.parametrize("text", ["pandas", "pandas>=2", "pandas==2.3.3; rm", "--index-url=x==1", "", "a==1 b==2"])
def test_a_requirement_without_one_version_is_refused(text: str) -> None:
    with pytest.raises(PackagesError, match="expected NAME==VERSION"):
        parse_packages([text])


def test_a_package_that_is_named_twice_is_refused() -> None:
    with pytest.raises(PackagesError, match="scikit-learn is named twice"):
        parse_packages(["scikit_learn==1.7.2", "scikit-learn==1.6"])


def test_imports_are_compared_with_what_is_named() -> None:
    assert missing_imports(["numpy", "sklearn", "pandas", "bs4", "seaborn"], PACKAGES) == ("bs4", "seaborn")
    assert missing_imports(["PIL", "cv2"], ["pillow==13.0.0", "opencv-python==4.11"]) == ()


def test_named_packages_are_preloaded_by_the_names_that_programs_import() -> None:
    modules = preloaded_modules(["beautifulsoup4==4.12", "matplotlib==3.10.7", "scikit-learn==1.7.2", "my-lib==1"])
    assert modules[:3] == ("bs4", "matplotlib.pyplot", "sklearn.cluster") and modules[-1] == "my_lib"


def test_problems_that_lack_a_library_are_left_out_and_counted() -> None:
    def problem(name: str, *imports: str) -> Problem:
        test = FunctionTest("assert f() == 1")
        return Problem(problem_id=name, prompt="", private_tests=(test,), entry_point="f", imports=imports)

    data = sort_out("mine", [problem("a"), problem("b", "pandas"), problem("c", "pandas", "bs4"), problem("d", "bs4")])
    assert [one.problem_id for one in data.problems] == ["a"]
    assert data.missing == (("pandas", 2), ("bs4", 2))
    assert data.exclusions() == (
        "3 problems of mine excluded: not in sandbox.packages (--packages), with the problems that need it:"
        " pandas 2, bs4 2; b: it imports pandas; c: it imports pandas, bs4; d: it imports bs4"
    )
    all_there = sort_out("mine", [problem("b", "pandas")], PACKAGES)
    assert (len(all_there.problems), all_there.exclusions()) == (1, None)


def test_what_a_problem_imports_is_no_part_of_its_identity() -> None:
    plain = Problem(problem_id="a", prompt="")
    assert plain.digest() == Problem(problem_id="a", prompt="", imports=("pandas",)).digest()


def test_packages_are_part_of_a_stages_identity_once_they_are_named() -> None:
    assert Config().identity("sandbox") == {}
    named = Config.model_validate({"sandbox": {"packages": ["Pandas==2.3.3"]}})
    assert named.identity("sandbox") == {"sandbox.packages": ("pandas==2.3.3",)}
    with pytest.raises(ValueError, match="expected NAME==VERSION"):
        Config.model_validate({"sandbox": {"packages": ["pandas"]}})
